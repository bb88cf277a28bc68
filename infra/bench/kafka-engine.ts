import type { ClickHouseClient } from "@clickhouse/client";
import { plainColumns } from "./commit.ts";

/** ClickHouse's own Kafka consumer as it comes, but with a consumer for each core; and at the best we found for either end. */
export const engineSettings = {
  "Kafka engine, default": { kafka_num_consumers: 2 },
  "Kafka engine, best throughput": {
    kafka_num_consumers: 2,
    kafka_thread_per_consumer: 1,
    kafka_max_block_size: 65_536,
    kafka_poll_max_batch_size: 65_536,
    kafka_flush_interval_ms: 500,
  },
  "Kafka engine, best freshness": {
    kafka_num_consumers: 1,
    kafka_max_block_size: 1,
    kafka_poll_timeout_ms: 10,
    kafka_flush_interval_ms: 100,
  },
};

/**
 * Lets the engine consume a topic into a table until `detach` is called.
 * @returns the time (`performance.now()`) at which it was told to.
 */
export async function attachEngine(
  client: ClickHouseClient,
  {
    brokers,
    topic,
    group,
    table,
    settings,
  }: { brokers: string[]; topic: string; group: string; table: string; settings: Record<string, number> },
): Promise<{ began: number; detach: () => Promise<void> }> {
  const given = Object.entries({
    kafka_broker_list: brokers.join(","),
    kafka_topic_list: topic,
    kafka_group_name: group,
    kafka_format: "JSONEachRow",
    date_time_input_format: "best_effort",
    ...settings,
  }).map(([name, value]) => `${name} = ${typeof value === "number" ? value : `'${value}'`}`);
  await client.command({
    query: `CREATE TABLE ${group} (${plainColumns}) ENGINE = Kafka SETTINGS ${given.join(", ")}`,
  });
  const began = performance.now();
  await client.command({
    query: `CREATE MATERIALIZED VIEW ${group}_mv TO ${table} AS SELECT * FROM ${group}`,
  });
  const detach = async () => {
    await client.command({ query: `DROP TABLE ${group}_mv SYNC` });
    await client.command({ query: `DROP TABLE ${group} SYNC` });
  };
  return { began, detach };
}

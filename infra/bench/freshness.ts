import { setTimeout as sleep } from "node:timers/promises";
import type { ClickHouseClient } from "@clickhouse/client";
import type { Producer } from "kafkajs";
import type { Bench } from "./bench.ts";
import { commitBody, createPlainTable, createTable } from "./commit.ts";
import { figure } from "./figure.ts";
import { attachEngine, engineSettings } from "./kafka-engine.ts";
import { runOffline } from "./offline.ts";
import { openKafka, produceCommits } from "./produce.ts";
import { openAdmin, openServices } from "./services.ts";
import { interleave, percentile } from "./statistics.ts";

const topic = "freshness";

/** How long one message takes through an idle pipeline, all of them at work beside each other on one topic. */
export const freshness: Bench = {
  name: "freshness",
  summary:
    "one message through an idle pipeline, published → visible; window 500 ms and 0; peer: ClickHouse's Kafka engine",
  async *run(options) {
    const { rounds = 30, progress } = options;
    const settings = await openServices(options, "kafka", "clickhouse");
    const admin = openAdmin(settings, options);
    const tables = [
      "window_500",
      "window_0",
      "engine_default",
      "engine_throughput",
      "engine_freshness",
    ] as const;
    for (const table of tables) {
      const create = table.startsWith("engine") ? createPlainTable : createTable;
      await admin.command({ query: create(table) });
    }
    await produceCommits(settings.brokers, topic, 0, progress);
    for (const [table, window] of [["window_500", undefined] as const, ["window_0", 0] as const]) {
      const event = {
        bootstrapServers: settings.brokers,
        accessConfigurations: { vpcSubnet: "subnet-0", vpcSecurityGroup: "sg-0" },
        topic,
        consumerGroupId: table,
        batchSize: 10_000,
        startingPosition: "TRIM_HORIZON",
        ...(window !== undefined && { maximumBatchingWindow: window }),
      };
      const offline = await runOffline(options, {
        name: "commits",
        inProcess: false,
        events: [{ kafka: event }],
        env: {
          BENCH_TABLE: table,
          CLICKHOUSE_URL: settings.clickhouseUrl,
          CLICKHOUSE_USER: "default",
          CLICKHOUSE_PASSWORD: settings.CLICKHOUSE_DEFAULT_PASSWORD,
        },
      });
      await offline.printed("polling");
    }
    const engines = {
      engine_default: engineSettings["Kafka engine, default"],
      engine_throughput: engineSettings["Kafka engine, best throughput"],
      engine_freshness: engineSettings["Kafka engine, best freshness"],
    };
    for (const [table, tuning] of Object.entries(engines)) {
      const { detach } = await attachEngine(admin, {
        brokers: settings.brokers,
        topic,
        group: `${table}_queue`,
        table,
        settings: tuning,
      });
      options.cleanup.defer(detach);
    }
    const producer = openKafka(settings.brokers).producer();
    await producer.connect();
    options.cleanup.defer(() => producer.disconnect());
    progress("one message for each, until they have all begun");
    await sendAndWait(admin, producer, tables, -1);
    progress(`${rounds} messages, each after the last has arrived everywhere`);
    const { waits } = await interleave(rounds, {
      waits: () => sendAndWait(admin, producer, tables, Math.floor(Math.random() * 1e9)),
    });
    const quantile = (table: string, p: number) =>
      percentile(
        waits.map((wait) => wait.get(table) ?? 0),
        p,
      );
    for (const ours of ["window_500", "window_0"]) {
      for (const peer of Object.keys(engines)) {
        for (const p of [0.5, 0.95]) {
          const title = `${ours.replace("_", " ")} ms, p${p * 100}, against ${peer.replace("_", ", ")}`;
          yield figure("freshness", title, quantile(ours, p), quantile(peer, p), "ms");
        }
      }
    }
  },
};

/** Milliseconds from the send until each table shows the message; asked of all in turn every 10 ms. */
async function sendAndWait(
  client: ClickHouseClient,
  producer: Producer,
  tables: readonly string[],
  nonce: number,
): Promise<Map<string, number>> {
  // Random pauses: nobody's timer is in step with the messages.
  await sleep(Math.random() * 700);
  const body = { ...JSON.parse(commitBody(0).toString()), commit_id: `n${nonce}` };
  const sent = performance.now();
  await producer.send({ topic, messages: [{ partition: Math.abs(nonce) % 8, value: JSON.stringify(body) }] });
  const waits = new Map<string, number>();
  while (waits.size < tables.length) {
    const counts = tables
      .filter((table) => !waits.has(table))
      .map((table) => `(SELECT count() FROM ${table} WHERE commit_id = {id: String}) AS ${table}`)
      .join(", ");
    const answer = await client.query({
      query: `SELECT ${counts}`,
      query_params: { id: `n${nonce}` },
      format: "JSONEachRow",
    });
    const [row] = await answer.json<Record<string, string>>();
    const now = performance.now();
    for (const table of tables) if (Number(row?.[table]) > 0) waits.set(table, now - sent);
    if (now - sent > 60_000) throw new Error(`${tables.filter((table) => !waits.has(table))} had no message`);
    await sleep(10);
  }
  return waits;
}

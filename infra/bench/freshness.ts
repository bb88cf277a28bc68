import { setTimeout as sleep } from "node:timers/promises";
import type { ClickHouseClient } from "@clickhouse/client";
import type { Producer } from "kafkajs";
import type { Bench } from "./bench.ts";
import { commitBody, createPlainTable, createTable } from "./commit.ts";
import { figure } from "./figure.ts";
import { attachEngine, engineSettings } from "./kafka-engine.ts";
import { kafkaEvent, runOffline } from "./offline.ts";
import { openKafka, partitions, produceCommits } from "./produce.ts";
import { openAdmin, openServices } from "./services.ts";
import { interleave, percentile } from "./statistics.ts";

/** How long one message takes through an idle pipeline. All of them wait, each on a topic of its own; one at a time has work. */
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
    for (const table of tables) await produceCommits(settings.brokers, table, 0, progress);
    for (const [table, window] of [["window_500", undefined] as const, ["window_0", 0] as const]) {
      const event = kafkaEvent(
        settings.brokers,
        table,
        table,
        window === undefined ? {} : { maximumBatchingWindow: window },
      );
      const offline = await runOffline(options, {
        name: "commits",
        inProcess: false,
        events: [event],
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
        topic: table,
        group: `${table}_queue`,
        table,
        settings: tuning,
      });
      options.cleanup.defer(detach);
    }
    const producer = openKafka(settings.brokers).producer();
    await producer.connect();
    options.cleanup.defer(() => producer.disconnect());
    const measure = (table: string, n: number) => sendAndWait(admin, producer, table, n);
    progress("one message for each partition of each, until they have all begun");
    for (let n = 0; n < partitions; n++) await Promise.all(tables.map((table) => measure(table, n)));
    progress(`${rounds} messages through each, in turns`);
    let sent = partitions;
    const waits = await interleave(
      rounds,
      Object.fromEntries(tables.map((table) => [table, () => measure(table, ++sent)])),
    );
    const quantile = (table: string, p: number) => percentile(waits[table] ?? [], p);
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

/** Milliseconds from before the send until the table shows the n-th message; asked every 5 ms. */
async function sendAndWait(
  client: ClickHouseClient,
  producer: Producer,
  table: string,
  n: number,
): Promise<number> {
  // Random pauses: nobody's timer is in step with the messages.
  await sleep(Math.random() * 700);
  const body = { ...JSON.parse(commitBody(0).toString()), commit_id: `n${n}` };
  const sent = performance.now();
  await producer.send({
    topic: table,
    messages: [{ partition: n % partitions, value: JSON.stringify(body) }],
  });
  for (;;) {
    const answer = await client.query({
      query: `SELECT 1 FROM ${table} WHERE commit_id = {id: String}`,
      query_params: { id: `n${n}` },
      format: "JSONEachRow",
    });
    const waited = performance.now() - sent;
    if ((await answer.json()).length > 0) return waited;
    if (waited > 60_000) throw new Error(`${table} had no message`);
    await sleep(5);
  }
}

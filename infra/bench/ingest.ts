import type { ClickHouseClient } from "@clickhouse/client";
import type { Bench, BenchOptions } from "./bench.ts";
import { createPlainTable, createTable, createView } from "./commit.ts";
import { type Cost, cpuPerMillion, cpuSeconds, rowsPerSecond } from "./cost.ts";
import { figure } from "./figure.ts";
import { attachEngine, engineSettings } from "./kafka-engine.ts";
import { kafkaEvent, runOffline } from "./offline.ts";
import { produceCommits } from "./produce.ts";
import { openAdmin, openServices, pidOf } from "./services.ts";
import { interleave } from "./statistics.ts";
import { untilCount } from "./until.ts";

const topic = "bench";

/** The whole way of the data, against the engine's own way. */
export const ingest: Bench = {
  name: "ingest",
  summary:
    "a backlog in Kafka (8 partitions) → mapping → function → MergeTree with one view, exactly once; peer: ClickHouse's Kafka engine",
  async *run(options) {
    const { rows = 1_000_000, rounds = 5, progress } = options;
    const settings = await openServices(options, "kafka", "clickhouse");
    const admin = openAdmin(settings, options);
    await produceCommits(settings.brokers, topic, rows, progress);
    const server = pidOf(settings, "clickhouse");
    let runs = 0;

    const ours =
      (inProcess: boolean, pollers: number, concurrency = 1) =>
      async (): Promise<Cost> => {
        const { table, drop } = await openTable(admin, `ours${++runs}`, createTable);
        const offline = await runOffline(options, {
          name: "commits",
          inProcess,
          eventSources: { concurrency },
          events: [
            kafkaEvent(
              settings.brokers,
              topic,
              table,
              pollers > 0
                ? { provisionedPollerConfig: { minimumPollers: pollers, maximumPollers: pollers } }
                : {},
            ),
          ],
          env: {
            BENCH_TABLE: table,
            CLICKHOUSE_URL: settings.clickhouseUrl,
            CLICKHOUSE_USER: "default",
            CLICKHOUSE_PASSWORD: settings.CLICKHOUSE_DEFAULT_PASSWORD,
          },
        });
        const began = await offline.printed("polling");
        const pids = [server, offline.pid];
        const before = cpuSeconds(pids);
        const ended = await untilCount(admin, table, rows);
        const cost = { seconds: (ended - began) / 1000, cpuSeconds: cpuSeconds(pids) - before };
        await offline.stop();
        await drop();
        return cost;
      };

    const engine = (name: keyof typeof engineSettings) => async (): Promise<Cost> => {
      const { table, drop } = await openTable(admin, `engine${++runs}`, createPlainTable);
      const before = cpuSeconds([server]);
      const { began, detach } = await attachEngine(admin, {
        brokers: settings.brokers,
        topic,
        group: `${table}_queue`,
        table,
        settings: engineSettings[name],
      });
      const ended = await untilCount(admin, table, rows);
      const cost = { seconds: (ended - began) / 1000, cpuSeconds: cpuSeconds([server]) - before };
      await detach();
      await drop();
      return cost;
    };

    const measures = {
      worker: ours(false, 0),
      "worker, provisioned": ours(false, 1),
      "in-process": ours(true, 0),
      "in-process, two at a time": ours(true, 0, 2),
      "Kafka engine, default": engine("Kafka engine, default"),
      "Kafka engine, best throughput": engine("Kafka engine, best throughput"),
    };
    progress(`${rounds} rounds, ${Object.keys(measures).length} ways each`);
    const results = await interleave(rounds, logged(measures, rows, progress));
    for (const mode of [
      "worker",
      "worker, provisioned",
      "in-process",
      "in-process, two at a time",
    ] as const) {
      for (const peer of ["Kafka engine, best throughput", "Kafka engine, default"] as const) {
        const [mine, theirs] = [results[mode], results[peer]];
        yield figure(
          "ingest",
          `${mode}, against ${peer}`,
          rowsPerSecond(rows, mine),
          rowsPerSecond(rows, theirs),
          "rows/s",
        );
        yield figure(
          "ingest",
          `cost, ${mode}, against ${peer}`,
          cpuPerMillion(rows, mine),
          cpuPerMillion(rows, theirs),
          "CPU-s per million rows",
        );
      }
    }
  },
};

/** A table with a view that counts. */
async function openTable(admin: ClickHouseClient, table: string, create: (name: string) => string) {
  for (const query of [create(table), ...createView(`${table}_by_repo`, table)])
    await admin.command({ query });
  const drop = async () => {
    for (const name of [`${table}_by_repo_mv`, `${table}_by_repo`, table])
      await admin.command({ query: `DROP TABLE ${name} SYNC` });
  };
  return { table, drop };
}

/** The same measures, each told on its way. */
export function logged<Name extends string>(
  measures: Record<Name, () => Promise<Cost>>,
  rows: number,
  progress: BenchOptions["progress"],
): Record<Name, () => Promise<Cost>> {
  const entries = Object.entries<() => Promise<Cost>>(measures).map(([name, measure]) => [
    name,
    async () => {
      const cost = await measure();
      const rate = Math.round(rows / cost.seconds).toLocaleString("en");
      const cpu = Number.isNaN(cost.cpuSeconds) ? "" : `, ${cost.cpuSeconds.toFixed(1)} CPU-s`;
      progress(`  ${name}: ${rate} rows/s${cpu}`);
      return cost;
    },
  ]);
  return Object.fromEntries(entries);
}

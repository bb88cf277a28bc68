import type { ClickHouseClient } from "@clickhouse/client";
import { Client } from "pg";
import { type CdcConfig, consumerGroup, topicOf } from "../cdc/config.ts";
import { openConnect } from "../cdc/connect-api.ts";
import { withPostgres } from "../cdc/postgres.ts";
import { setUp, takeAway } from "../cdc/setup.ts";
import type { Settings } from "../settings.ts";
import { createTopics } from "../stack/topology.ts";
import type { Bench, BenchOptions } from "./bench.ts";
import { burst, createTable, fillTable, lag, openWriter, type Way } from "./changes.ts";
import { type Cost, cpuPerMillion, cpuSeconds, rowsPerSecond } from "./cost.ts";
import { type Figure, figure } from "./figure.ts";
import { type FileSink, runFileSink } from "./file-sink.ts";
import { logged } from "./ingest.ts";
import { kafkaEvent, runOffline } from "./offline.ts";
import { openAdmin, openServices, pidOf } from "./services.ts";
import { interleave, percentile } from "./statistics.ts";
import { askNumber, untilArrived } from "./until.ts";

const peer = "against Debezium into a file";

/** Change data capture: Postgres → Debezium → Kafka → apply-changes → ClickHouse. */
export const cdc: Bench = {
  name: "cdc",
  summary:
    "Postgres → Debezium → Kafka → apply-changes → ClickHouse: a burst, the lag at 1,000 changes/s, a first snapshot; peer: the same Debezium, and Kafka Connect's file sink instead of ours",
  async *run(options) {
    const { rows = 1_000_000, rounds = 3 } = options;
    const settings = await openServices(options, "clickhouse", "kafka", "postgres", "connect");
    const client = new Client({ connectionString: settings.postgresUrl });
    await client.connect();
    options.cleanup.defer(() => client.end());
    const bench = { options, settings, client, admin: openAdmin(settings, options) };
    yield* changesInTurns(bench, rows, rounds);
    yield* snapshotsInTurns(bench, rows, rounds);
  },
};

interface Setting {
  options: BenchOptions;
  settings: Settings;
  client: Client;
  admin: ClickHouseClient;
}

/** One connector for two tables: what changes in one goes to ClickHouse, what changes in the other to a file. */
async function* changesInTurns(bench: Setting, rows: number, rounds: number): AsyncGenerator<Figure> {
  const { options, settings, client, admin } = bench;
  const { progress } = options;
  for (const table of ["ours", "theirs"]) await client.query(createTable(table));
  const config = configOf("changes", "ours", "theirs");
  await setUp(settings, config);
  const [ourTopic, theirTopic] = config.tables.map((table) => topicOf(config, table)) as [string, string];
  const offline = await runChanges(bench, [ourTopic]);
  const sink = await runFileSink(options, settings, [theirTopic]);
  const source = [pidOf(settings, "kafka"), pidOf(settings, "connect")];
  const ours: Way = {
    table: "ours",
    pids: [...source, pidOf(settings, "clickhouse"), offline.pid],
    arrived: () => askNumber(admin, "SELECT max(n) AS n FROM github._ours"),
  };
  const theirs: Way = {
    table: "theirs",
    pids: [...source, sink.pid],
    arrived: () => sink.lines(theirTopic),
  };
  const writers = [openWriter(client, ours), openWriter(client, theirs)] as const;
  progress("two seconds of changes to each, until both have begun");
  await lag(writers[0], ours, 2000);
  await lag(writers[1], theirs, 2000);

  const changes = Math.max(2000, Math.ceil(rows / 5 / 1000) * 1000);
  progress(`bursts of ${changes.toLocaleString("en")} changes, ${rounds} rounds`);
  const bursts = {
    ours: () => burst(writers[0], ours, changes),
    theirs: () => burst(writers[1], theirs, changes),
  };
  const costs = await interleave(rounds, logged(bursts, changes, progress));
  yield* compare(`a burst of ${changes.toLocaleString("en")} changes`, changes, costs);

  const some = Math.min(20_000, changes);
  progress(`${some.toLocaleString("en")} changes at 1,000 a second, ${rounds} rounds`);
  const waits = await interleave(rounds, {
    ours: () => lag(writers[0], ours, some),
    theirs: () => lag(writers[1], theirs, some),
  });
  for (const p of [0.5, 0.95]) {
    const [mine, other] = [percentile(waits.ours.flat(), p), percentile(waits.theirs.flat(), p)];
    yield figure("cdc", `commit → visible at 1,000 changes/s, p${p * 100}, ${peer}`, mine, other, "ms");
  }
  await end(settings, config);
  await offline.stop();
  await sink.stop();
}

/** The rows of one table, read by a new connector each time: from `cdc setup` until all of them have arrived. */
async function* snapshotsInTurns(bench: Setting, rows: number, rounds: number): AsyncGenerator<Figure> {
  const { options, settings, client, admin } = bench;
  const { progress } = options;
  const table = "snapshot";
  progress(`a table of ${rows.toLocaleString("en")} rows`);
  await client.query(createTable(table));
  await client.query(fillTable(table, rows));
  await client.query(`VACUUM ANALYZE ${table}`);
  const names = (side: string) => Array.from({ length: rounds }, (_, n) => `${side}_${n}`);
  const topics = (side: string) => names(side).map((topic_prefix) => `${topic_prefix}.public.${table}`);
  await createTopics(
    settings,
    [...topics("ours"), ...topics("theirs")].map((topic) => ({ topic, numPartitions: 1 })),
  );
  const offline = await runChanges(bench, topics("ours"));
  const sink: FileSink = await runFileSink(options, settings, topics("theirs"));
  const source = [pidOf(settings, "kafka"), pidOf(settings, "connect")];
  const take = async (name: string, way: Omit<Way, "table">): Promise<Cost> => {
    const before = cpuSeconds(way.pids);
    const began = performance.now();
    const config = { ...configOf(name), tables: [captured(table, `github.${name}`)] };
    await setUp(settings, config);
    const ended = await untilArrived(table, way.arrived, rows, 20);
    const cost = { seconds: (ended - began) / 1000, cpuSeconds: cpuSeconds(way.pids) - before };
    await end(settings, config);
    return cost;
  };
  let [mine, other] = [0, 0];
  const snapshots = {
    ours: () => {
      const name = `ours_${mine++}`;
      const arrived = () => askNumber(admin, `SELECT count() AS n FROM github._${name}`);
      return take(name, { pids: [...source, pidOf(settings, "clickhouse"), offline.pid], arrived });
    },
    theirs: () => {
      const name = `theirs_${other++}`;
      const arrived = () => sink.lines(`${name}.public.${table}`);
      return take(name, { pids: [...source, sink.pid], arrived });
    },
  };
  const costs = await interleave(rounds, logged(snapshots, rows, progress));
  yield* compare(`a snapshot of ${rows.toLocaleString("en")} rows`, rows, costs);
}

function* compare(what: string, rows: number, { ours, theirs }: Record<"ours" | "theirs", Cost[]>) {
  yield figure("cdc", `${what}, ${peer}`, rowsPerSecond(rows, ours), rowsPerSecond(rows, theirs), "rows/s");
  const [cost, theirCost] = [cpuPerMillion(rows, ours), cpuPerMillion(rows, theirs)];
  yield figure("cdc", `cost, ${what}, ${peer}`, cost, theirCost, "CPU-s per million rows");
}

const captured = (table: string, as = `github.${table}`) => ({
  table: `public.${table}`,
  as,
  history: false,
});

const configOf = (name: string, ...tables: string[]): CdcConfig => ({
  publication: name,
  slot: name,
  connector: name,
  topic_prefix: name,
  tables: tables.map((table) => captured(table)),
});

/** The connector and its slot go: nothing reads the log while something else is measured. */
const end = (settings: Settings, config: CdcConfig): Promise<void> =>
  withPostgres(settings, (postgres) =>
    takeAway({ postgres, connect: openConnect(settings) }, config, () => {}),
  );

/** apply-changes under `sls offline`, one mapping a topic, as `serverless.yml` has it. */
async function runChanges({ options, settings }: Setting, topics: string[]) {
  const offline = await runOffline(options, {
    name: "changes",
    inProcess: false,
    events: topics.map((topic) => kafkaEvent(settings.brokers, topic, consumerGroup(topic))),
    env: { CLICKHOUSE_URL: settings.clickhouseUrl, CLICKHOUSE_PASSWORD: settings.CLICKHOUSE_PASSWORD },
  });
  await offline.printed("polling");
  return offline;
}

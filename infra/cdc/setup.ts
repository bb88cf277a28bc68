import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { ClickHouseClient } from "@clickhouse/client";
import { withAdmin } from "../admin.ts";
import type { Settings } from "../settings.ts";
import { createTopics } from "../stack/topology.ts";
import { mendedBySnapshot, type Problem, readCatalogue, type SourceTable } from "./catalogue.ts";
import type { CdcConfig } from "./config.ts";
import { type Connect, type ConnectorConfig, openConnect } from "./connect-api.ts";
import { connectorClass, connectorConfig, snapshotLsnOf } from "./connector.ts";
import { makeCopy } from "./copies.ts";
import { describeOldOptions } from "./old-options.ts";
import { type Postgres, withPostgres } from "./postgres.ts";
import { readSlot, withKafka } from "./progress.ts";
import { checkRights } from "./rights.ts";
import { checkServer, createLocalTables, isContended, prepareSource, signalTable } from "./source.ts";

/** What keeps a capture from being set up: each problem with what mends it. */
export class CdcProblems extends Error {
  override name = "CdcProblems";
  readonly problems: Problem[];
  constructor(problems: Problem[]) {
    const lines = problems.map(({ what, mend }) => `\n  - ${what}\n    → ${mend}`);
    super(`change data capture cannot be set up:${lines.join("")}`);
    this.problems = problems;
  }
}

export interface SetupOptions {
  /** Read every table anew, with a new slot: what the old one had not delivered is in the tables. */
  snapshot?: boolean;
  note?: (text: string) => void;
  signal?: AbortSignal;
}

export interface SetupOutcome {
  tables: { table: string; view: string; created: boolean; added: string[]; readAgain: boolean }[];
  connector: "created" | "changed" | "unchanged";
}

/** Sets up everything that is missing between Postgres and ClickHouse, and touches nothing that is right. */
export const setUp = (
  settings: Settings,
  config: CdcConfig,
  options: SetupOptions = {},
): Promise<SetupOutcome> =>
  withPostgres(settings, (postgres) =>
    withAdmin(settings, asCdc, (clickhouse) =>
      run({ postgres, clickhouse, connect: openConnect(settings) }, settings, config, options),
    ),
  );

export const asCdc = { application: "sluice-cdc" };

interface Sides {
  postgres: Postgres;
  clickhouse: ClickHouseClient;
  connect: Connect;
}

async function run(
  sides: Sides,
  settings: Settings,
  config: CdcConfig,
  options: SetupOptions,
): Promise<SetupOutcome> {
  const { postgres, clickhouse, connect } = sides;
  const { note = () => {}, snapshot = false } = options;
  await lock(postgres, config, note);
  await createLocalTables(postgres, settings);
  const serverProblems = await checkServer(postgres, config);
  const { tables, problems } = await readCatalogue(postgres, config);
  problems.push(...(await checkConnect(connect, config)));
  const slotProblems = [...serverProblems, ...(await checkSlot(sides, config))];
  problems.push(...slotProblems.filter(({ bySnapshot }) => !(snapshot && bySnapshot)));
  if (problems.length > 0) throw new CdcProblems(problems);

  note("making the publication, and the copies in ClickHouse");
  await persist(() => prepareSource(postgres, settings, config, tables), isContended);
  await createTopics(
    settings,
    tables.map(({ topic }) => ({ topic, numPartitions: 1 })),
  );
  problems.push(...(await checkTopics(settings, tables)));
  const outcomes = new Map<SourceTable, Awaited<ReturnType<typeof makeCopy>>>();
  for (const table of tables) outcomes.set(table, await makeCopy(clickhouse, table, problems));
  if (problems.length === 0) problems.push(...(await checkRights(settings, tables)));
  if (problems.length > 0) throw new CdcProblems(problems);

  if (snapshot) await takeAway(sides, config, note);
  const before = await connect.config(config.connector);
  const lsn = snapshotLsnOf(before) ?? (await begin(sides, tables));
  const wanted = connectorConfig(settings, config, tables, lsn);
  const connector = !before ? "created" : isSame(before, wanted) ? "unchanged" : "changed";
  const again = before ? tables.filter((table) => isNew(table, before, outcomes.get(table))) : [];
  if (connector === "created") await create(connect, config.connector, wanted);
  // One that still runs as it was would take the signal below, and know neither the tables nor the columns.
  else if (connector === "changed" || again.length > 0) {
    await connect.stop(config.connector);
    await untilState(connect, config.connector, "STOPPED", options.signal);
    await connect.put(config.connector, wanted);
  }
  // Stopped just now, by a setup that broke off or by a person; one that runs, runs on.
  await connect.resume(config.connector);
  note("waiting for Debezium");
  await untilState(connect, config.connector, "RUNNING", options.signal);
  if (again.length > 0) await readAgain(postgres, again);
  return {
    connector,
    tables: tables.map((table) => ({
      table: table.entry.table,
      view: table.view,
      created: outcomes.get(table)?.created ?? false,
      added: outcomes.get(table)?.added ?? [],
      readAgain: again.includes(table),
    })),
  };
}

/** One setup at a time: Postgres lets go of the lock with the connection. */
async function lock(postgres: Postgres, { slot }: CdcConfig, note: (text: string) => void): Promise<void> {
  const key = "hashtext('sluice cdc setup'), hashtext($1)";
  const [tried] = await postgres.query<{ ours: boolean }>(`SELECT pg_try_advisory_lock(${key}) AS ours`, [
    slot,
  ]);
  if (tried?.ours) return;
  note("waiting for another setup to end");
  await postgres.query(`SELECT pg_advisory_lock(${key})`, [slot]);
}

/** With several partitions a key that changed could come before the values it takes along, and these be gone when it asks. */
const checkTopics = (settings: Settings, tables: SourceTable[]): Promise<Problem[]> =>
  withKafka(settings, async (admin) => {
    const dependent = tables.filter(
      ({ identity, columns, key }) =>
        identity !== "f" && columns.some(({ name, type }) => type.large && !key.includes(name)),
    );
    const { topics } = await admin.fetchTopicMetadata({ topics: dependent.map(({ topic }) => topic) });
    return topics
      .filter(({ partitions }) => partitions.length > 1)
      .map(({ name, partitions }) => ({
        what: `the topic ${name} has ${partitions.length} partitions, and its table has columns that the log repeats only with REPLICA IDENTITY FULL`,
        mend: "delete the topic, or set REPLICA IDENTITY FULL",
      }));
  });

async function checkConnect(connect: Connect, config: CdcConfig): Promise<Problem[]> {
  const plugins = await connect.plugins();
  if (!plugins.includes(connectorClass))
    return [
      {
        what: `Kafka Connect has no plugin ${connectorClass}`,
        mend: "install Debezium's connector for Postgres in it",
      },
    ];
  const others = [...(await connect.all())].filter(
    ([name, other]) => name !== config.connector && isRival(other, config.topic_prefix),
  );
  return others.map(([name, other]) => {
    const old = describeOldOptions(other);
    const told = old.length > 0 ? ` It is of the older kind: ${old.join("; ")}.` : "";
    return {
      what: `the connector ${name} writes to the topics ${config.topic_prefix}.* too.${told}`,
      mend: `take it away (curl -X DELETE …/connectors/${name}), or choose another \`topic_prefix\` in sql/cdc.yml`,
    };
  });
}

/** A slot that somebody dropped would be made anew by Debezium, which goes on from there: what was between is lost. */
async function checkSlot({ postgres, connect }: Sides, config: CdcConfig): Promise<Problem[]> {
  const offset = await connect.offset(config.connector);
  if (offset === undefined || (await readSlot(postgres, config))) return [];
  return [
    mendedBySnapshot(
      `the slot ${config.slot} is gone, and with it what changed since the connector read from it`,
    ),
  ];
}

const isRival = (other: ConnectorConfig, prefix: string): boolean =>
  (other["connector.class"] ?? "").includes("ostgres") &&
  (other["topic.prefix"] === prefix || other["database.server.name"] === prefix);

const isSame = (a: ConnectorConfig, b: ConnectorConfig): boolean => {
  const { name: _, ...rest } = a;
  return Object.keys({ ...rest, ...b }).every((key) => rest[key] === b[key]);
};

/** The slot and all that Connect knows of it go; the topics stay, for what they hold is older than what comes next. */
export async function takeAway(
  { postgres, connect }: Pick<Sides, "postgres" | "connect">,
  config: CdcConfig,
  note: (text: string) => void,
): Promise<void> {
  if (await connect.config(config.connector)) {
    note("taking the connector away");
    await connect.stop(config.connector);
    await persist(() => connect.forgetOffsets(config.connector)); // Refused until its tasks have ended.
    await connect.remove(config.connector);
  }
  // In use until Debezium has let go of it.
  await persist(() =>
    postgres.query(
      "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1",
      [config.slot],
    ),
  );
}

/** Ten seconds of trying, while what goes wrong is of a kind that passes. @throws what the last try threw. */
async function persist(
  attempt: () => Promise<unknown>,
  passes: (error: unknown) => boolean = () => true,
): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (tries === 40 || !passes(error)) throw error;
      await sleep(250);
    }
  }
}

/**
 * Where the log stands before the first snapshot. What the copies hold from an earlier capture is older: it is no longer shown, for
 * rows may have been deleted since.
 */
async function begin({ postgres, clickhouse }: Sides, tables: SourceTable[]): Promise<string> {
  const [row] = await postgres.query<{ lsn: string }>(
    "SELECT (pg_current_wal_insert_lsn() - '0/0')::text AS lsn",
  );
  const lsn = row?.lsn ?? "0";
  await clickhouse.insert({
    table: "sluice.truncations",
    values: tables.map(({ topic }) => ({ topic, version: String(BigInt(lsn) << 64n) })),
    format: "JSONEachRow",
  });
  return lsn;
}

/** Connect keeps the offsets of a connector that somebody deleted: a new one would go on from there, and read no rows. */
async function create(connect: Connect, name: string, wanted: ConnectorConfig): Promise<void> {
  await connect.create(name, wanted);
  await persist(() => connect.forgetOffsets(name));
}

async function untilState(
  connect: Connect,
  name: string,
  wanted: "RUNNING" | "STOPPED",
  signal?: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + 60_000;
  let restarted = false;
  for (;;) {
    const status = await connect.status(name);
    if (status?.state === wanted) return;
    if (status?.state === "FAILED" && wanted === "RUNNING") {
      if (restarted)
        throw new Error(`Debezium's connector failed: ${status.trace} (npx sluice logs connect)`);
      await connect.restart(name);
      restarted = true;
    }
    if (performance.now() > deadline)
      throw new Error(
        `Debezium's connector is ${status?.state ?? "not there"} after 60 s (npx sluice logs connect)`,
      );
    await sleep(250, undefined, { signal });
  }
}

const isNew = (
  { entry }: SourceTable,
  before: ConnectorConfig,
  outcome: { created: boolean; added: string[] } | undefined,
): boolean => {
  const known = (before["table.include.list"] ?? "").replaceAll("\\", "").split(",").includes(entry.table);
  return !known || (outcome !== undefined && (outcome.created || outcome.added.length > 0));
};

/** Asks Debezium for the rows of these tables beside the changes that go on (an incremental snapshot). */
async function readAgain(postgres: Postgres, tables: SourceTable[]): Promise<void> {
  const data = JSON.stringify({
    "data-collections": tables.map(({ entry }) => entry.table),
    type: "incremental",
  });
  await postgres.query(`INSERT INTO ${signalTable} VALUES ($1, 'execute-snapshot', $2)`, [
    randomUUID(),
    data,
  ]);
}

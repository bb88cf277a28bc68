import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePorts } from "../event-sources/fixture-ports.ts";
import { loadSettings, type Settings } from "../settings.ts";
import { createDatabase, postgres as service } from "../stack/postgres.ts";
import { startServices } from "../stack/start.ts";
import { stopServices } from "../stack/stop.ts";
import { type Problem, readCatalogue } from "./catalogue.ts";
import type { CapturedEntry, CdcConfig } from "./config.ts";
import { type Postgres, withPostgres } from "./postgres.ts";
import { checkServer, replicationUser } from "./source.ts";

let settings: Settings;

beforeAll(async () => {
  const [port] = await freePorts(1);
  settings = loadSettings({
    SLUICE_HOME: await mkdtemp(join(tmpdir(), "sluice-source-")),
    POSTGRES_PORT: `${port}`,
    POSTGRES_PASSWORD: "secret",
    POSTGRES_REPLICATION_PASSWORD: "secret",
  });
  const [outcome] = await startServices(settings, ["postgres"], { owner: `test ${process.pid}` });
  if (outcome?.state === "unavailable") throw new Error(outcome.reason);
  await createDatabase(settings);
}, 120_000);

afterAll(async () => {
  await stopServices(settings);
  await service.clean?.(settings);
  await rm(settings.home, { recursive: true, force: true });
}, 60_000);

const ask = <T>(use: (postgres: Postgres) => Promise<T>): Promise<T> => withPostgres(settings, use);

const capturing = (entry: Partial<CapturedEntry> = {}): CdcConfig => ({
  publication: "p",
  slot: "sluice",
  connector: "sluice",
  topic_prefix: "postgres",
  tables: [{ table: "public.t", as: "github.t", history: false, ...entry }],
});

const told = (problems: Problem[]) => problems.map(({ what, mend }) => `${what} → ${mend}`);

test.each<[what: string, statements: string, entry: Partial<CapturedEntry>, told: RegExp]>([
  ["that is not there", "SELECT", {}, /^Postgres has no table public\.t → create it, or take it out of/],
  [
    "without a key",
    "CREATE TABLE t (a int)",
    {},
    /^public\.t has no primary key.* → ALTER TABLE public\.t ADD PRIMARY/,
  ],
  [
    "whose key may be broken for a while",
    "CREATE TABLE t (a int PRIMARY KEY DEFERRABLE)",
    {},
    /^public\.t has a deferrable primary key.* → make it NOT DEFERRABLE$/,
  ],
  [
    "that has no identity in the log",
    "CREATE TABLE t (a int PRIMARY KEY); ALTER TABLE t REPLICA IDENTITY NOTHING",
    {},
    /^public\.t has REPLICA IDENTITY NOTHING.* → ALTER TABLE public\.t REPLICA IDENTITY FULL$/,
  ],
  [
    "known in the log by other columns than its key",
    "CREATE TABLE t (a int PRIMARY KEY, b int NOT NULL UNIQUE); ALTER TABLE t REPLICA IDENTITY USING INDEX t_b_key",
    {},
    /^public\.t is known in the log by b, not by the key a → ALTER TABLE public\.t REPLICA IDENTITY FULL$/,
  ],
  [
    "that is not logged",
    "CREATE UNLOGGED TABLE t (a int PRIMARY KEY)",
    {},
    /^public\.t is not logged → .* SET LOGGED$/,
  ],
  [
    "that is a view",
    "CREATE VIEW t AS SELECT 1 AS a",
    {},
    /^public\.t is no table → capture the tables behind it$/,
  ],
  [
    "with a key of its own that is not unique",
    "CREATE TABLE t (a int PRIMARY KEY, b int NOT NULL); ALTER TABLE t REPLICA IDENTITY FULL",
    { key: ["b"] },
    /^public\.t has no unique index on b alone whose columns are NOT NULL → make one, or leave `key` out$/,
  ],
  [
    "with a key of its own that may be null",
    "CREATE TABLE t (a int PRIMARY KEY, b int UNIQUE); ALTER TABLE t REPLICA IDENTITY FULL",
    { key: ["b"] },
    /^public\.t has no unique index on b alone/,
  ],
  [
    "with a column that is not there",
    "CREATE TABLE t (a int PRIMARY KEY)",
    { columns: ["c"] },
    /^public\.t has no column c → mend `columns` or `key` in sql\/cdc\.yml$/,
  ],
  [
    "with a name that is ours",
    "CREATE TABLE t (a int PRIMARY KEY, _b int)",
    {},
    /^public\.t\._b: names that begin/,
  ],
  [
    "with a type that cannot be copied",
    "CREATE TABLE t (a int PRIMARY KEY, b point)",
    {},
    /^public\.t\.b is of type point, which cannot be copied without loss → list the `columns` to capture, without it$/,
  ],
  [
    "with an array that Debezium shows as null",
    "CREATE TABLE t (a int PRIMARY KEY, b boolean[])",
    {},
    /^public\.t\.b \(boolean\[\]\): .* → ALTER TABLE public\.t REPLICA IDENTITY FULL, or list/,
  ],
  [
    "with an array as its key",
    "CREATE TABLE t (a int[] PRIMARY KEY)",
    {},
    /^public\.t\.a is an array in the key → /,
  ],
])("a table %s is told, with its name and what mends it", async (_what, statements, entry, expected) => {
  await ask(async (postgres) => {
    await postgres.query("BEGIN");
    await postgres.query(statements);
    const { problems } = await readCatalogue(postgres, capturing(entry));
    await postgres.query("ROLLBACK");
    expect(told(problems)).toEqual([expect.stringMatching(expected)]);
  });
});

test("a table that can be captured has no problem: partitioned, by another unique index, with a generated column left out", async () => {
  await ask(async (postgres) => {
    await postgres.query("BEGIN");
    await postgres.query(`CREATE TABLE t (a int PRIMARY KEY, b int NOT NULL UNIQUE, c int GENERATED ALWAYS AS (a + b) STORED);
      ALTER TABLE t REPLICA IDENTITY USING INDEX t_b_key;
      CREATE TABLE parted (a int PRIMARY KEY, b text) PARTITION BY RANGE (a);`);
    const config = capturing({ key: ["b"] });
    config.tables.push({ table: "public.parted", as: "github.parted", history: false });
    const { tables, problems } = await readCatalogue(postgres, config);
    await postgres.query("ROLLBACK");
    expect(problems).toEqual([]);
    expect(tables.map(({ key, columns }) => [key, columns.map(({ name }) => name)])).toEqual([
      [["b"], ["a", "b"]],
      [["a"], ["a", "b"]],
    ]);
  });
});

test("a server that lets its log be read has no problem, and one whose slots are all taken says so", async () => {
  await ask(async (postgres) => {
    expect(await checkServer(postgres, capturing())).toEqual([]);
    for (let n = 0; n < 8; n++)
      await postgres.query("SELECT pg_create_physical_replication_slot($1)", [`s${n}`]);
    expect(told(await checkServer(postgres, capturing()))).toEqual([
      expect.stringMatching(/^all 8 replication slots are taken → raise max_replication_slots, or drop one/),
    ]);
    expect(await checkServer(postgres, { ...capturing(), slot: "s0" })).toEqual([]);
    await postgres.query("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
  });
});

test("a slot of another database, and a user who may make no role, are told", async () => {
  await ask(async (postgres) => {
    await postgres.query("CREATE DATABASE other");
    await postgres.query("CREATE ROLE plain LOGIN PASSWORD 'plain'");
    const elsewhere = { ...settings, postgresUrl: withPath(settings.postgresUrl, "/other") } as Settings;
    await withPostgres(elsewhere, (other) =>
      other.query("SELECT pg_create_logical_replication_slot('sluice', 'pgoutput')"),
    );
    await postgres.query("SET ROLE plain");
    expect(told(await checkServer(postgres, capturing()))).toEqual([
      "the slot sluice belongs to the database other → choose another `slot` in sql/cdc.yml",
      expect.stringMatching(
        new RegExp(`^there is no role ${replicationUser} with REPLICATION.* → as a superuser: CREATE`),
      ),
    ]);
    await postgres.query("RESET ROLE");
    await postgres.query("SELECT pg_drop_replication_slot('sluice')");
  });
});

const withPath = (address: string, path: string): string =>
  Object.assign(new URL(address), { pathname: path }).href;

test("a server without a logical WAL, and with too few slots and senders, is told what to set", async () => {
  await stopServices(settings);
  const given = ["wal_level=replica", "max_replication_slots=2", "max_wal_senders=3"];
  const problems = await withServer(given, () => ask((postgres) => checkServer(postgres, capturing())));
  expect(told(problems)).toEqual([
    expect.stringMatching(
      /^wal_level is replica → ALTER SYSTEM SET wal_level = logical, then restart Postgres/,
    ),
    "max_replication_slots is 2 and max_wal_senders 3 → set both to 4 at least",
  ]);
}, 60_000);

/** The same server, started otherwise than ours. */
async function withServer<T>(given: string[], use: () => Promise<T>): Promise<T> {
  const preparation = { settings, note: () => {}, signal: new AbortController().signal, owner: undefined };
  const { command, args, env, cwd, user } = await service.prepare(preparation);
  const server = spawn(command, [...args, ...given.flatMap((one) => ["-c", one])], { env, cwd, ...user });
  const ended = once(server, "exit");
  try {
    await expect.poll(() => service.probe(settings), { timeout: 20_000 }).toBeUndefined();
    return await use();
  } finally {
    server.kill("SIGINT");
    await ended;
  }
}

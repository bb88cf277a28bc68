import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot, type Settings } from "../settings.ts";
import { mendedBySnapshot, type Problem, type SourceTable } from "./catalogue.ts";
import type { CdcConfig } from "./config.ts";
import { literal, type Postgres, quote, quoteTable } from "./postgres.ts";

/** Who reads the log. */
export const replicationUser = "sluice_replication";
/** Written to when nothing else is, so that Postgres may let go of its log. */
export const heartbeatTable = "public.sluice_heartbeat";
/** Through which Debezium is asked to read a table once more: https://debezium.io/documentation/reference/stable/configuration/signalling.html */
export const signalTable = "public.sluice_signal";

/** Our own Postgres has the people's tables, empty. A given one has its own. */
export async function createLocalTables(postgres: Postgres, settings: Settings): Promise<void> {
  if (settings.POSTGRES_URL !== undefined) return;
  const file = join(projectRoot, "sql/postgres/github_users.sql");
  await postgres.query(await readFile(file, "utf8"));
}

interface Server {
  wal_level: string;
  slots: number;
  max_slots: number;
  senders: number;
  max_senders: number;
  ours: boolean;
  lost: boolean;
  other: string | null;
  rights: boolean;
  version: number;
}

/** What a server lacks for its log to be read, whatever the tables. */
export async function checkServer(postgres: Postgres, config: CdcConfig): Promise<Problem[]> {
  const [server] = await postgres.query<Server>(
    `SELECT current_setting('wal_level') AS wal_level, current_setting('server_version_num')::int AS version,
      (SELECT count(*)::int FROM pg_replication_slots) AS slots, current_setting('max_replication_slots')::int AS max_slots,
      (SELECT count(*)::int FROM pg_stat_replication) AS senders, current_setting('max_wal_senders')::int AS max_senders,
      EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = $1) AS ours,
      EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = $1 AND wal_status = 'lost') AS lost,
      (SELECT database FROM pg_replication_slots WHERE slot_name = $1 AND database <> current_database()) AS other,
      (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user) OR EXISTS (SELECT FROM pg_roles WHERE rolname = $2 AND rolreplication) AS rights`,
    [config.slot, replicationUser],
  );
  if (!server) throw new Error("Postgres told nothing about itself");
  const problems: Problem[] = [];
  const say = (wrong: boolean, what: string, mend: string) => wrong && problems.push({ what, mend });
  say(server.version < 130_000, "Postgres is older than 13", "upgrade it");
  say(
    server.wal_level !== "logical",
    `wal_level is ${server.wal_level}`,
    "ALTER SYSTEM SET wal_level = logical, then restart Postgres (a managed one has a parameter for it)",
  );
  say(
    !server.ours && server.slots >= server.max_slots,
    `all ${server.max_slots} replication slots are taken`,
    "raise max_replication_slots, or drop one that nobody reads: SELECT * FROM pg_replication_slots",
  );
  say(
    !server.ours && server.senders >= server.max_senders,
    `all ${server.max_senders} WAL senders are taken`,
    "raise max_wal_senders",
  );
  say(
    server.max_slots < 4 || server.max_senders < 4,
    `max_replication_slots is ${server.max_slots} and max_wal_senders ${server.max_senders}`,
    "set both to 4 at least",
  );
  if (server.lost)
    problems.push(
      mendedBySnapshot(
        `the slot ${config.slot} was given up: it kept more of the log than max_slot_wal_keep_size`,
      ),
    );
  say(
    server.other !== null,
    `the slot ${config.slot} belongs to the database ${server.other}`,
    "choose another `slot` in sql/cdc.yml",
  );
  say(
    !server.rights,
    `there is no role ${replicationUser} with REPLICATION, and this user may not make one`,
    `as a superuser: CREATE ROLE ${replicationUser} LOGIN REPLICATION PASSWORD '…' (the value of POSTGRES_REPLICATION_PASSWORD)`,
  );
  return problems;
}

/** Somebody else changes the same rows of the catalogue: another setup, or an ALTER TABLE. Postgres has no code of its own for it. */
export const isContended = (error: unknown): boolean =>
  (error as Error).message === "tuple concurrently updated";

/**
 * The replication user, the heartbeat and signal tables, the rights to read, and the publication: made or completed.
 * @throws what `isContended` knows: then it may be called again.
 */
export async function prepareSource(
  postgres: Postgres,
  settings: Settings,
  config: CdcConfig,
  tables: SourceTable[],
): Promise<void> {
  await createReplicationUser(postgres, settings.POSTGRES_REPLICATION_PASSWORD);
  await postgres.query(`
    CREATE TABLE IF NOT EXISTS ${heartbeatTable} (id integer PRIMARY KEY, beat bigint NOT NULL, at timestamptz NOT NULL);
    INSERT INTO ${heartbeatTable} VALUES (1, 0, now()) ON CONFLICT DO NOTHING;
    CREATE TABLE IF NOT EXISTS ${signalTable} (id varchar(64) PRIMARY KEY, type varchar(32) NOT NULL, data text);
    GRANT SELECT, UPDATE ON ${heartbeatTable} TO ${replicationUser};
    GRANT SELECT, INSERT ON ${signalTable} TO ${replicationUser};`);
  const schemas = new Set(tables.map(({ entry }) => entry.table.split(".")[0] as string));
  for (const schema of schemas)
    await postgres.query(`GRANT USAGE ON SCHEMA ${quote(schema)} TO ${replicationUser}`);
  for (const { entry } of tables)
    await postgres.query(`GRANT SELECT ON ${quoteTable(entry.table)} TO ${replicationUser}`);
  await publish(postgres, config, [heartbeatTable, signalTable, ...tables.map(({ entry }) => entry.table)]);
}

async function createReplicationUser(postgres: Postgres, password: string): Promise<void> {
  const [role] = await postgres.query<{ mine: boolean }>(
    "SELECT (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user) AS mine FROM pg_roles WHERE rolname = $1",
    [replicationUser],
  );
  if (password === "") {
    if (role) return;
    throw new Error(
      "POSTGRES_REPLICATION_PASSWORD is not set: add it to .env, and to the environment of Kafka Connect",
    );
  }
  if (!role)
    await postgres.query(`CREATE ROLE ${replicationUser} LOGIN REPLICATION PASSWORD ${literal(password)}`);
  else if (role.mine) await postgres.query(`ALTER ROLE ${replicationUser} PASSWORD ${literal(password)}`);
}

async function publish(postgres: Postgres, { publication }: CdcConfig, tables: string[]): Promise<void> {
  const [existing] = await postgres.query<{ all: boolean }>(
    "SELECT puballtables AS all FROM pg_publication WHERE pubname = $1",
    [publication],
  );
  const list = tables.map(quoteTable).join(", ");
  const what = "publish = 'insert, update, delete, truncate', publish_via_partition_root = true";
  if (!existing) {
    await postgres.query(`CREATE PUBLICATION ${quote(publication)} FOR TABLE ${list} WITH (${what})`);
    return;
  }
  await postgres.query(`ALTER PUBLICATION ${quote(publication)} SET (${what})`);
  if (existing.all) return;
  const published = await postgres.query<{ name: string }>(
    "SELECT schemaname || '.' || tablename AS name FROM pg_publication_tables WHERE pubname = $1",
    [publication],
  );
  const missing = tables.filter((table) => !published.some(({ name }) => name === table));
  if (missing.length > 0)
    await postgres.query(
      `ALTER PUBLICATION ${quote(publication)} ADD TABLE ${missing.map(quoteTable).join(", ")}`,
    );
}

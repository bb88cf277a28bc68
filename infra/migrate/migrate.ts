import type { ClickHouseClient } from "@clickhouse/client";
import type { Migration } from "./files.ts";
import { splitStatements } from "./statements.ts";

export type MigrationState = "applied" | "pending" | "changed" | "unknown";

export interface MigrationStatus {
  number: number;
  name: string;
  state: MigrationState;
  /** ISO 8601, for one that was applied. */
  applied_at?: string;
}

interface JournalEntry {
  number: number;
  name: string;
  sha256: string;
  applied_at: string;
}

/** A migration that cannot be applied; the message says which file and what to do. */
export class MigrationError extends Error {
  override name = "MigrationError";
}

/** How each file stands against the journal, in order; entries whose file is gone come last, as `unknown`. */
export async function migrationStatus(
  client: ClickHouseClient,
  files: Migration[],
): Promise<MigrationStatus[]> {
  const journal = new Map((await readJournal(client)).map((entry) => [entry.number, entry]));
  const states = files.map(({ number, name, sha256 }): MigrationStatus => {
    const entry = journal.get(number);
    journal.delete(number);
    if (!entry) return { number, name, state: "pending" };
    const state = entry.sha256 === sha256 && entry.name === name ? "applied" : "changed";
    return { number, name, state, applied_at: entry.applied_at };
  });
  const gone = [...journal.values()].map(
    ({ number, name, applied_at }): MigrationStatus => ({ number, name, state: "unknown", applied_at }),
  );
  return [...states, ...gone];
}

/**
 * Applies what is pending, in order, and journals each file once all its statements ran.
 * @returns the names of the applied ones.
 * @throws MigrationError when a file that was applied has changed since, or a statement fails.
 */
export async function migrate(client: ClickHouseClient, files: Migration[]): Promise<string[]> {
  await createJournal(client);
  const status = await migrationStatus(client, files);
  const changed = status.find(({ state }) => state === "changed");
  if (changed) {
    throw new MigrationError(
      `sql/${changed.name}.sql has changed since it was applied at ${changed.applied_at}. ` +
        "A merged migration is never edited: restore the file and write the change as the next number.",
    );
  }
  const pending = files.filter(({ number }) =>
    status.some((one) => one.number === number && one.state === "pending"),
  );
  for (const migration of pending) await apply(client, migration);
  return pending.map(({ name }) => name);
}

/** What a migration makes of rows that are there already goes on behind it, however many: an embedded engine would wait for it. */
const behind = { mutations_sync: "0" } as const;

async function apply(client: ClickHouseClient, { number, name, sql, sha256 }: Migration): Promise<void> {
  for (const query of splitStatements(sql)) {
    await client.command({ query, clickhouse_settings: behind }).catch((cause) => {
      const first = query.split("\n").find((line) => line.trim() !== "" && !line.startsWith("--"));
      throw new MigrationError(`sql/${name}.sql failed at \`${first}\`: ${cause.message}`, { cause });
    });
  }
  await client.insert({
    table: "sluice.migrations",
    format: "JSONEachRow",
    columns: ["number", "name", "sha256"],
    values: [{ number, name, sha256 }],
  });
}

async function createJournal(client: ClickHouseClient): Promise<void> {
  await client.command({ query: "CREATE DATABASE IF NOT EXISTS sluice" });
  await client.command({
    query: `CREATE TABLE IF NOT EXISTS sluice.migrations
      (number UInt32, name String, sha256 String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3))
      ENGINE = MergeTree ORDER BY number`,
  });
}

async function readJournal(client: ClickHouseClient): Promise<JournalEntry[]> {
  const exists = await client.query({ query: "EXISTS TABLE sluice.migrations", format: "JSONEachRow" });
  const [answer] = await exists.json<{ result: number }>();
  if (!answer?.result) return [];
  const rows = await client.query({
    query: `SELECT number, name, sha256, formatDateTime(applied_at, '%FT%TZ') AS applied_at
      FROM sluice.migrations ORDER BY number`,
    format: "JSONEachRow",
  });
  return await rows.json<JournalEntry>();
}

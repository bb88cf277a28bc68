import type { Client } from "pg";
import { type FixtureTable, fixtureTables, type Pick } from "./fixture-tables.ts";

/** What became of the transactions of a writer. */
export interface Written {
  committed: number;
  rolledBack: number;
}

export interface WriteOptions {
  tables?: FixtureTable[] | undefined;
  /** What was written before: it counts, and is counted on. */
  written?: Written;
  /** Awaited after each transaction. */
  onWritten?: (() => Promise<void>) | undefined;
}

/**
 * Runs random transactions: inserts, updates of some columns, changed keys, deletes, rows deleted and inserted again in one
 * transaction, truncates; some are rolled back on purpose, some by a conflict with another writer.
 * @throws Error when Postgres goes away.
 */
export async function writeRandomly(
  client: Client,
  pick: Pick,
  transactions: number,
  {
    tables = fixtureTables,
    written = { committed: 0, rolledBack: 0 },
    onWritten = async () => {},
  }: WriteOptions = {},
): Promise<Written> {
  await client.query("SET lock_timeout = '3s'; SET statement_timeout = '20s'");
  while (written.committed + written.rolledBack < transactions) {
    await client.query("BEGIN");
    try {
      for (let left = 1 + pick(4); left > 0; left--) await change(client, pick, tables);
      await client.query(pick(10) === 0 ? "ROLLBACK" : "COMMIT");
      written.committed++;
    } catch (error) {
      if ((error as { code?: string }).code === undefined) throw error; // No answer of Postgres: it was killed.
      await client.query("ROLLBACK");
      written.rolledBack++;
    }
    await onWritten();
  }
  return written;
}

async function change(client: Client, pick: Pick, tables: FixtureTable[]): Promise<void> {
  const table = tables[pick(tables.length)] as FixtureTable;
  const kind = pick(100);
  if (kind < 35) await insert(client, pick, table, true);
  else if (kind < 65) await update(client, pick, table, false);
  else if (kind < 78) await update(client, pick, table, true);
  else if (kind < 90) await remove(client, pick, table);
  else if (kind < 98) {
    const key = randomKey(table, pick);
    await remove(client, pick, table, key);
    await insert(client, pick, table, false, key);
  } else if (pick(4) === 0) await client.query(`TRUNCATE ${table.name}`);
}

type Values = Record<string, string | null>;

const randomKey = (table: FixtureTable, pick: Pick): Values =>
  Object.fromEntries(table.key.map((column) => [column, table.columns[column]?.value(pick) ?? null]));

async function insert(
  client: Client,
  pick: Pick,
  table: FixtureTable,
  upsert: boolean,
  key?: Values,
): Promise<void> {
  const values: Values = {};
  for (const [column, { value }] of Object.entries(table.columns)) {
    const isKey = table.key.includes(column);
    values[column] = isKey ? (key?.[column] ?? value(pick)) : pick(6) === 0 ? null : value(pick);
  }
  const columns = Object.keys(values);
  const list = columns.map((_, i) => `$${i + 1}`).join(", ");
  const conflict = upsert && pick(2) === 0 ? "ON CONFLICT DO NOTHING" : "";
  await client.query(
    `INSERT INTO ${table.name} (${columns.map(quote).join(", ")}) VALUES (${list}) ${conflict}`,
    Object.values(values),
  );
}

async function update(client: Client, pick: Pick, table: FixtureTable, keyToo: boolean): Promise<void> {
  const chosen = Object.keys(table.columns).filter((column) =>
    table.key.includes(column) ? keyToo : pick(5) === 0,
  );
  if (chosen.length === 0) return;
  const key = randomKey(table, pick);
  const values = chosen.map((column) =>
    !table.key.includes(column) && pick(6) === 0 ? null : (table.columns[column]?.value(pick) ?? null),
  );
  const sets = chosen.map((column, i) => `${quote(column)} = $${i + 1}`);
  await client.query(`UPDATE ${table.name} SET ${sets.join(", ")} WHERE ${where(key, values.length)}`, [
    ...values,
    ...Object.values(key),
  ]);
}

async function remove(
  client: Client,
  pick: Pick,
  table: FixtureTable,
  key = randomKey(table, pick),
): Promise<void> {
  await client.query(`DELETE FROM ${table.name} WHERE ${where(key, 0)}`, Object.values(key));
}

const where = (key: Values, from: number): string =>
  Object.keys(key)
    .map((column, i) => `${quote(column)} = $${from + i + 1}`)
    .join(" AND ");

const quote = (name: string): string => `"${name}"`;

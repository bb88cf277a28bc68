import { StoreError } from "./store-error.ts";

/** What an INSERT has to know of a table and its server. Asked once for each table in an execution environment. */
export interface Target {
  has(columns: string[]): boolean;
  /** The argument of `input(…)`: these columns with their types, as a SQL literal. */
  structure(columns: string[]): string;
  /** These columns as bound parameters of their own names. */
  parameters(columns: string[]): string[];
  /** Every setting deduplication depends on, spelt out: their defaults differ between server versions. */
  settings: Record<string, string | number>;
}

/** What every server since 24.7 knows. */
const settings = {
  async_insert: 0,
  wait_end_of_query: 1,
  insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  materialized_views_ignore_errors: 0,
  allow_custom_error_code_in_throwif: 1,
  // One block, whatever the threads: the engine's mark of a part is the token and the number of its block.
  max_threads: 1,
  max_insert_threads: 1,
  max_block_size: "1048449",
  max_insert_block_size: "1048449",
  preferred_block_size_bytes: 0,
  min_insert_block_size_rows: "1048449",
  min_insert_block_size_bytes: "268402944",
};

/** Newer ones: a server that does not know a setting refuses the statement. */
const newerSettings: Record<string, string> = {
  deduplicate_insert: "enable", // since 26.2
  deduplicate_insert_select: "force_enable", // since 25.12
};

const query = `
  SELECT 'column' AS kind, name, type FROM system.columns
  WHERE database = if({database: String} = '', currentDatabase(), {database: String}) AND table = {name: String}
  UNION ALL
  SELECT 'setting', name, '' FROM system.settings WHERE name IN {settings: Array(String)}`;

type Ask = <Row>(query: string, params: Record<string, unknown>) => Promise<Row[]>;

/** @throws StoreError, later, when a column is asked for that the table does not have. */
export async function describeTarget(ask: Ask, table: string): Promise<Target> {
  const rows = await ask<{ kind: string; name: string; type: string }>(query, {
    ...splitName(table),
    settings: Object.keys(newerSettings),
  });
  const types = new Map(rows.filter(({ kind }) => kind === "column").map(({ name, type }) => [name, type]));
  const known = rows.filter(({ kind }) => kind === "setting").map(({ name }) => [name, newerSettings[name]]);
  const typed = <T>(columns: string[], write: (name: string, type: string) => T): T[] => {
    const missing = columns.filter((name) => !types.has(name));
    if (missing.length > 0) throw new StoreError(absent(table, missing, types.size), false);
    return columns.map((name) => write(name, types.get(name) ?? ""));
  };
  return {
    has: (columns) => columns.every((name) => types.has(name)),
    structure(columns) {
      const structure = typed(columns, (name, type) => `${quoteName(name)} ${asSent(type)}`).join(", ");
      return `'${structure.replace(/[\\']/g, "\\$&")}'`;
    },
    parameters: (columns) => typed(columns, (name, type) => `{${name}: ${type}}`),
    settings: { ...settings, ...Object.fromEntries(known) },
  };
}

const lowCardinality = /LowCardinality\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)/g;

/** The engine looks a LowCardinality value up as it reads it, row by row; a column of the plain type is converted as a whole. */
const asSent = (type: string): string => type.replace(lowCardinality, "$1");

/** A name of any characters as SQL takes it. */
export const quoteName = (name: string): string => `\`${name.replace(/[\\`]/g, "\\$&")}\``;

/** `database.name`; without a database it is the connection's. */
export function splitName(table: string): { database: string; name: string } {
  const [name = "", database = ""] = table.split(".").reverse();
  return { database, name };
}

const absent = (table: string, columns: string[], known: number) =>
  known === 0
    ? `ClickHouse has no table ${table}, or this user may not see it: apply the migrations (npx sluice migrate)`
    : `The table ${table} has no column ${columns.join(", ")}: apply the migrations (npx sluice migrate)`;

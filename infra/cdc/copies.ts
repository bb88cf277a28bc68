import type { ClickHouseClient } from "@clickhouse/client";
import { historyOf, keyNames } from "../../functions/lib/capture/captured-table.ts";
import { columnType } from "../../functions/lib/capture/types.ts";
import { quoteName } from "../../functions/lib/target.ts";
import type { Problem, SourceColumn, SourceTable } from "./catalogue.ts";
import { literal } from "./postgres.ts";

interface Existing {
  engine: string;
  comment: string;
  primary_key: string;
  columns: [name: string, type: string, comment: string][];
}

/** What was done to a table's copy. */
export interface CopyOutcome {
  created: boolean;
  /** Columns that the copy did not have: its rows are to be read again for them. */
  added: string[];
}

/**
 * Makes the copy, the finished view and the history of a table, or brings them up to what Postgres has now: columns are added and
 * become nullable by themselves, anything else is a problem for a person.
 */
export async function makeCopy(
  clickhouse: ClickHouseClient,
  table: SourceTable,
  problems: Problem[],
): Promise<CopyOutcome> {
  const [database = ""] = table.copy.split(".");
  await clickhouse.command({ query: `CREATE DATABASE IF NOT EXISTS ${database}` });
  const copy = await read(clickhouse, table.copy);
  const view = await read(clickhouse, table.view);
  if (view && view.engine !== "View") {
    problems.push({
      what: `${table.view} is there and no view, but a ${view.engine}`,
      mend: `rename it, or give ${table.entry.table} another \`as\` in sql/cdc.yml`,
    });
    return { created: false, added: [] };
  }
  const added = copy ? await adapt(clickhouse, table, table.copy, copy, problems) : [];
  if (!copy) await clickhouse.command({ query: copyStatement(table) });
  if (table.history !== undefined) {
    const history = await read(clickhouse, table.history);
    if (history) await adapt(clickhouse, table, table.history, history, problems);
    else await clickhouse.command({ query: historyStatement(table, table.history) });
  }
  await clickhouse.command({ query: viewStatement(table) });
  return { created: !copy, added };
}

const typeOf = ({ type, nullable }: SourceColumn): string => {
  if (!nullable || type.clickhouse.startsWith("Array(")) return type.clickhouse;
  return type.clickhouse.startsWith("LowCardinality(")
    ? type.clickhouse.replace(/\((.*)\)$/, "(Nullable($1))")
    : `Nullable(${type.clickhouse})`;
};

const define = (column: SourceColumn): string =>
  `${quoteName(column.name)} ${typeOf(column)} COMMENT ${literal(column.postgresType)}`;

const keyList = ({ key }: SourceTable): string => key.map(quoteName).join(", ");

const copyStatement = (table: SourceTable): string => `
  CREATE TABLE ${table.copy} (
    ${table.columns.map(define).join(",\n    ")},
    _version UInt128 COMMENT 'end of the last commit before, then the LSN: the order in which transactions committed',
    _deleted UInt8,
    _written_at DateTime64(3, 'UTC') DEFAULT now64(3)
  )
  ENGINE = ReplacingMergeTree(_version, _deleted)
  ORDER BY (${keyList(table)})
  COMMENT ${literal(table.topic)}`;

const historyStatement = (table: SourceTable, name: string): string => `
  CREATE TABLE ${name} (
    ${table.columns.map(define).join(",\n    ")},
    _version UInt128,
    _deleted UInt8,
    changed_at DateTime64(6, 'UTC') COMMENT 'when the transaction committed',
    in_key String EPHEMERAL,
    in_batch UInt128 EPHEMERAL,
    in_batch_rows UInt32 EPHEMERAL,
    _key String MATERIALIZED in_key,
    _batch UInt128 MATERIALIZED in_batch,
    _batch_rows UInt32 MATERIALIZED in_batch_rows,
    _inserted_at DateTime64(3, 'UTC') MATERIALIZED now64(3),
    INDEX by_batch _batch TYPE minmax GRANULARITY 1,
    INDEX by_insertion _inserted_at TYPE minmax GRANULARITY 1,
    PROJECTION by_identity (SELECT _version, _deleted, _key, _batch, _batch_rows ORDER BY _version)
  )
  ENGINE = MergeTree
  ORDER BY (${keyList(table)}, _version)
  SETTINGS non_replicated_deduplication_window = 10000
  COMMENT ${literal(historyOf(table.topic))}`;

/** Rows from before the last TRUNCATE are not shown, whenever they arrived. */
const viewStatement = (table: SourceTable): string => `
  CREATE OR REPLACE VIEW ${table.view} AS
  SELECT ${table.columns.map(({ name }) => quoteName(name)).join(", ")} FROM ${table.copy} FINAL
  WHERE _version >= (SELECT max(version) FROM sluice.truncations WHERE topic = ${literal(table.topic)})`;

async function adapt(
  clickhouse: ClickHouseClient,
  table: SourceTable,
  name: string,
  existing: Existing,
  problems: Problem[],
): Promise<string[]> {
  const mend = `if its data may be read again: DROP TABLE ${name}, then npx sluice cdc setup --snapshot`;
  if (![table.topic, historyOf(table.topic)].includes(existing.comment)) {
    problems.push({
      what: `${name} is there, and its comment does not say that it is a copy of ${table.topic}`,
      mend: `rename it, or give ${table.entry.table} another \`as\` in sql/cdc.yml`,
    });
    return [];
  }
  const key = keyNames(existing.primary_key)
    .filter((one) => one !== "_version")
    .join(", ");
  if (key !== table.key.join(", "))
    problems.push({ what: `${name} has the key (${key}), Postgres (${table.key.join(", ")})`, mend });
  const added: string[] = [];
  for (const column of table.columns) {
    const present = existing.columns.find(([one]) => one === column.name);
    const [, type = "", comment = ""] = present ?? [];
    if (!present) {
      const place = after(table, column);
      await clickhouse.command({
        query: `ALTER TABLE ${name} ADD COLUMN IF NOT EXISTS ${define(column)} ${place}`,
      });
      added.push(column.name);
    } else if (columnType(comment)?.clickhouse !== column.type.clickhouse)
      problems.push({
        what: `${name}.${column.name} was ${comment} in Postgres and is ${column.postgresType} now`,
        mend,
      });
    else if (comment !== column.postgresType || (column.nullable && !type.includes("Nullable(")))
      await clickhouse.command({ query: `ALTER TABLE ${name} MODIFY COLUMN ${define(column)}` });
  }
  return added;
}

/** Behind the column that Postgres has before it. */
function after({ columns }: SourceTable, column: SourceColumn): string {
  const before = columns[columns.indexOf(column) - 1];
  return before ? `AFTER ${quoteName(before.name)}` : "FIRST";
}

async function read(clickhouse: ClickHouseClient, table: string): Promise<Existing | undefined> {
  const [database, name] = table.split(".");
  const result = await clickhouse.query({
    query: `SELECT engine, comment, primary_key,
        (SELECT groupArray((name, type, comment)) FROM system.columns WHERE database = {database: String} AND table = {name: String}) AS columns
      FROM system.tables WHERE database = {database: String} AND name = {name: String}`,
    query_params: { database, name },
    format: "JSONEachRow",
  });
  return (await result.json<Existing>())[0];
}

/** Columns that Postgres has and the copy has not. @throws Error when there is no copy. */
export async function readMissingColumns(
  clickhouse: ClickHouseClient,
  table: SourceTable,
): Promise<string[]> {
  const copy = await read(clickhouse, table.copy);
  if (!copy) throw new Error(`ClickHouse has no ${table.copy}: npx sluice cdc setup`);
  return table.columns.map(({ name }) => name).filter((name) => !copy.columns.some(([one]) => one === name));
}

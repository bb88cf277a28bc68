import type { ClickHouseClient } from "@clickhouse/client";
import { quoteName } from "../../functions/lib/target.ts";
import type { SourceColumn, SourceTable } from "./catalogue.ts";
import { type Postgres, quote, quoteTable } from "./postgres.ts";

/** Rows of a range of keys: how many, and the sum of their hashes. A range is what begins with the same byte of the key's hash. */
export type Ranges = Map<string, { rows: number; sum: string }>;

/** The hash of each row by its key's text. */
export type Rows = Map<string, string>;

/** Both sides of a table, asked for the same. */
export interface Side {
  ranges(): Promise<Ranges>;
  /** The rows of some ranges, or of some keys. */
  rows(which: { ranges: string[] } | { keys: string[] }): Promise<Rows>;
}

// Every value as the length and bytes of one and the same text; a hash of 60 bits, which both sides can sum.

export function postgresSide(postgres: Postgres, table: SourceTable): Side {
  const value = ({ name, type }: SourceColumn) => {
    const text = type.text.postgres(quote(name));
    return `coalesce(octet_length(${text}) || ':' || (${text}), '-')`;
  };
  const all = `SELECT ${keyColumns(table).map(value).join(" || ")} AS key, md5(convert_to(${table.columns.map(value).join(" || ")}, 'UTF8')) AS hash
    FROM ${quoteTable(table.entry.table)}`;
  const range = "substr(md5(convert_to(key, 'UTF8')), 1, 2)";
  return {
    async ranges() {
      const rows = await postgres.query<{ range: string; rows: number; sum: string }>(
        `SELECT ${range} AS range, count(*)::int AS rows, sum(('x' || substr(hash, 1, 15))::bit(60)::bigint)::text AS sum FROM (${all}) AS t GROUP BY 1`,
      );
      return new Map(rows.map(({ range, ...rest }) => [range, rest]));
    },
    async rows(which) {
      const [where, values] = "keys" in which ? ["key", which.keys] : [range, which.ranges];
      const rows = await postgres.query<{ key: string; hash: string }>(
        `SELECT key, hash FROM (${all}) AS t WHERE ${where} = ANY ($1)`,
        [values],
      );
      return new Map(rows.map(({ key, hash }) => [key, hash]));
    },
  };
}

export function clickhouseSide(clickhouse: ClickHouseClient, table: SourceTable): Side {
  const value = ({ name, type }: SourceColumn) => {
    const text = type.text.clickhouse(quoteName(name));
    return `ifNull(concat(toString(length(${text})), ':', ${text}), '-')`;
  };
  const text = (columns: SourceColumn[]) => `concat(${[...columns.map(value), "''"].join(", ")})`;
  const all = `SELECT ${text(keyColumns(table))} AS key_text, MD5(${text(table.columns)}) AS row_hash FROM ${table.view}`;
  const range = "lower(hex(substring(MD5(key_text), 1, 1)))";
  const ask = async <Row>(query: string, params: Record<string, unknown> = {}): Promise<Row[]> => {
    const result = await clickhouse.query({ query, query_params: params, format: "JSONEachRow" });
    return result.json<Row>();
  };
  return {
    async ranges() {
      const rows = await ask<{ range: string; rows: number; sum: string }>(
        `SELECT ${range} AS range, toUInt32(count()) AS rows,
          toString(sum(toUInt128(bitShiftRight(reinterpretAsUInt64(reverse(substring(row_hash, 1, 8))), 4)))) AS sum
        FROM (${all}) GROUP BY range`,
      );
      return new Map(rows.map(({ range, ...rest }) => [range, rest]));
    },
    async rows(which) {
      const [where, values] = "keys" in which ? ["key_text", which.keys] : [range, which.ranges];
      const found: Rows = new Map();
      for (let from = 0; from < values.length; from += 500) {
        const rows = await ask<{ key_text: string; hash: string }>(
          `SELECT key_text, lower(hex(row_hash)) AS hash FROM (${all}) WHERE ${where} IN {values: Array(String)}`,
          { values: values.slice(from, from + 500) },
        );
        for (const { key_text, hash } of rows) found.set(key_text, hash);
      }
      return found;
    },
  };
}

const keyColumns = ({ columns, key }: SourceTable): SourceColumn[] =>
  key.flatMap((name) => columns.filter((column) => column.name === name));

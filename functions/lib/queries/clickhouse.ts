import * as z from "zod";
import { defineQuery, inRange, limit, matches, momentFrom, momentUntil } from "../query.ts";

/** A query is noted when it starts and again when it ends: only the ends are counted. */
export const slowQueries = defineQuery({
  name: "slow_queries",
  description: "What ClickHouse took long to answer, by the form of the query, the slowest first.",
  params: z.object({
    min_ms: z.coerce
      .number<number>()
      .int()
      .min(0)
      .default(1000)
      .describe("only runs that took longer than so many milliseconds"),
    since: momentFrom,
    until: momentUntil,
    limit,
  }),
  row: z.object({
    /** Its values replaced by \`?\`. */
    query: z.string(),
    runs: z.number(),
    failed: z.number(),
    max_ms: z.number(),
    avg_ms: z.number(),
    total_ms: z.number(),
    max_read_rows: z.number(),
    max_memory_bytes: z.number(),
    last_at: z.string(),
  }),
  freshMs: 5000,
  example: {
    params: { min_ms: 0, limit: 1 },
    rows: [
      {
        query: "SELECT count() FROM shadow WHERE type = ?",
        runs: 3,
        failed: 0,
        max_ms: 1250,
        avg_ms: 1120,
        total_ms: 3360,
        max_read_rows: 10_000_000,
        max_memory_bytes: 4_194_304,
        last_at: "2026-01-01 12:00:00",
      },
    ],
  },
  sql: `
    SELECT normalizeQueryKeepNames(any(query_log.query)) AS query, count() AS runs,
      countIf(type != 'QueryFinish') AS failed, max(query_duration_ms) AS max_ms, round(avg(query_duration_ms)) AS avg_ms,
      sum(query_duration_ms) AS total_ms, max(read_rows) AS max_read_rows, max(memory_usage) AS max_memory_bytes,
      max(event_time) AS last_at
    FROM system.query_log AS query_log
    WHERE type IN ('QueryFinish', 'ExceptionWhileProcessing') AND query_duration_ms > {min_ms: UInt32}
      AND ${inRange("event_time")}
    GROUP BY normalized_query_hash
    ORDER BY max_ms DESC, query
    LIMIT {limit: UInt32}`,
});

export const storageByTable = defineQuery({
  name: "storage_by_table",
  description: "What each table takes on disk, the largest first.",
  params: z.object({ database: z.string().default("").describe("only tables of this database"), limit }),
  row: z.object({
    database: z.string(),
    table: z.string(),
    bytes_on_disk: z.number(),
    rows: z.number(),
    parts: z.number(),
    /** What the same takes uncompressed, in times. */
    compression: z.number().nullable(),
    modified_at: z.string(),
  }),
  freshMs: 5000,
  example: {
    params: { database: "bilten_analytics", limit: 1 },
    rows: [
      {
        database: "bilten_analytics",
        table: "events",
        bytes_on_disk: 3531,
        rows: 5,
        parts: 1,
        compression: 0.84,
        modified_at: "2026-01-01 12:00:00",
      },
    ],
  },
  sql: `
    SELECT database, table, sum(parts.bytes_on_disk) AS bytes_on_disk, sum(parts.rows) AS rows, count() AS parts,
      round(sum(data_uncompressed_bytes) / nullIf(sum(data_compressed_bytes), 0), 2) AS compression,
      max(modification_time) AS modified_at
    FROM system.parts AS parts
    WHERE active AND database != 'system' AND ${matches("database")}
    GROUP BY database, table
    ORDER BY bytes_on_disk DESC, database, table
    LIMIT {limit: UInt32}`,
});

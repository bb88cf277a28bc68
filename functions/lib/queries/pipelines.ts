import * as z from "zod";
import { defineQuery, inRange, matches, momentFrom, momentUntil } from "../query.ts";

/**
 * One pipeline: its table and, where a row tells it, the moment its event came to be. The last row is asked for apart: the index of
 * `_inserted_at` finds it, and only rows of the asked minutes are read for the rest.
 */
const pipeline = (name: string, table: string, since?: string) => `
    SELECT '${name}' AS pipeline, count() AS rows,
      (SELECT _inserted_at FROM ${table} WHERE _inserted_at >= now64(3) - INTERVAL 1 DAY ORDER BY _inserted_at DESC LIMIT 1) AS last,
      ${since ? `quantileExact(0.95)(greatest(0, dateDiff('millisecond', ${since}, _inserted_at)))` : "nan"} AS lag_ms
    FROM ${table}
    WHERE _inserted_at >= begin`;

export const pipelineLag = defineQuery({
  name: "pipeline_lag",
  description: "How long rows took from their event to ClickHouse, by pipeline, and when the last one came.",
  params: z.object({
    minutes: z.coerce
      .number<number>()
      .int()
      .min(1)
      .max(1440)
      .default(5)
      .describe("rows of the last so many minutes, 1 to 1440"),
  }),
  row: z.object({
    pipeline: z.string(),
    rows: z.number(),
    /** 95 of 100 rows took no longer; null without rows, and for commits, which may be years old when they come. */
    lag_seconds: z.number().nullable(),
    /** Null when none came within a day. */
    last_row_at: z.string().nullable(),
  }),
  example: {
    params: { minutes: 60 },
    rows: [{ pipeline: "chat", rows: 3, lag_seconds: 0.42, last_row_at: "2026-01-01 12:02:00.670" }],
  },
  sql: `
    WITH now64(3) - toIntervalMinute({minutes: UInt16}) AS begin
    SELECT pipeline, rows, if(rows = 0 OR isNaN(lag_ms), NULL, lag_ms / 1000) AS lag_seconds,
      last AS last_row_at
    FROM (${[
      pipeline("chat", "user_messages", "received_at"),
      pipeline("commits", "github.commits"),
      pipeline("domination", "shadow", "emit_timestamp"),
      pipeline("events", "bilten_analytics.events", "received_at"),
    ].join("\n    UNION ALL")}
    )
    ORDER BY pipeline`,
});

export const quarantineByReason = defineQuery({
  name: "quarantine_by_reason",
  description: "Messages that could not become rows, by reason, the most frequent first.",
  params: z.object({
    source: z.string().default("").describe("only this source's, such as kafka:dominate"),
    since: momentFrom,
    until: momentUntil,
  }),
  row: z.object({
    reason: z.string(),
    messages: z.number(),
    sources: z.array(z.string()),
    last_at: z.string(),
  }),
  example: {
    params: {},
    rows: [
      {
        reason: "malformed_json",
        messages: 2,
        sources: ["kafka:dominate", "rabbitmq:chat.clickhouse"],
        last_at: "2026-01-01 12:00:01.000",
      },
      {
        reason: "invalid_event",
        messages: 1,
        sources: ["kafka:dominate"],
        last_at: "2026-01-01 12:00:02.000",
      },
    ],
  },
  sql: `
    SELECT reason, count() AS messages, arraySort(groupUniqArray(100)(source)) AS sources, max(at) AS last_at
    FROM sluice.quarantine
    WHERE ${matches("source")}
      AND ${inRange("at")}
    GROUP BY reason
    ORDER BY messages DESC, reason`,
});

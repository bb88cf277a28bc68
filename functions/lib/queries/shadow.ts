import * as z from "zod";
import { categories } from "../../../events/rating.ts";
import { defineQuery, limit } from "../query.ts";
import { countedByBucket, intervalStarts, seriesParams, seriesRow } from "../series.ts";

export const shadowTypes = defineQuery({
  name: "shadow_types",
  description: "How many humans are of each type.",
  params: z.object({ limit }),
  row: z.object({ type: z.string(), count: z.number() }),
  example: {
    params: { limit: 3 },
    rows: [
      { type: "Incompatible", count: 3 },
      { type: "Sha", count: 2 },
      { type: "ShaDow", count: 1 },
    ],
  },
  sql: `
    SELECT type, count() AS count
    FROM shadow
    GROUP BY type
    ORDER BY count DESC, type
    LIMIT {limit: UInt32}`,
});

const types = categories.map(({ name }) => `'${name}'`).join(", ");

export const shadowTypesOverTime = defineQuery({
  name: "shadow_types_over_time",
  description:
    "How many humans of each type per interval, those without any too; the oldest first, each type in each interval.",
  params: z.object({
    ...seriesParams("minute"),
    limit: z.coerce
      .number<number>()
      .int()
      .min(1)
      .max(2_500)
      .default(100)
      .describe("intervals at the most, the last ones, 1 to 2500"),
  }),
  row: z.object({ ...seriesRow, type: z.string(), count: z.number() }),
  example: {
    params: { until: "2026-01-01T12:01:59Z", limit: 1 },
    rows: [
      { interval_start: "2026-01-01 12:01:00", unix_time: 1_767_268_860, type: "Dow", count: 0 },
      { interval_start: "2026-01-01 12:01:00", unix_time: 1_767_268_860, type: "Incompatible", count: 2 },
      { interval_start: "2026-01-01 12:01:00", unix_time: 1_767_268_860, type: "Sha", count: 1 },
      { interval_start: "2026-01-01 12:01:00", unix_time: 1_767_268_860, type: "ShaDow", count: 1 },
    ],
  },
  sql: ({ interval }) => `
    WITH ${intervalStarts(interval)}
    SELECT start AS interval_start, toUnixTimestamp(start) AS unix_time, type, sum(n) AS count
    FROM (
      SELECT arrayJoin(starts) AS start, arrayJoin([${types}]) AS type, 0 AS n
      UNION ALL
      ${countedByBucket(interval, { table: "shadow", moment: "emit_timestamp", minutes: 1, also: "type" })}
    )
    GROUP BY start, type
    ORDER BY start, type`,
});

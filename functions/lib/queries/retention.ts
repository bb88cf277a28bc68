import * as z from "zod";
import { defineQuery, firstOf, matches, moment, momentFrom, timeZone } from "../query.ts";
import { quarterHour } from "./product-sql.ts";

const startOf = (at: string) => `toDate(dateTrunc({interval: String}, ${at}, {timezone: String}))`;

/** Rows (user_id, came), each once: the intervals in which somebody came. */
const one = `
        SELECT DISTINCT user_id, ${startOf("timestamp")} AS came
        FROM bilten_analytics.events
        WHERE isNotNull(user_id) AND timestamp <= last AND ${matches("organizer_id")} AND ${matches("event_type")}`;

/** The same of all events, from the projection by_user_per_quarter_hour (sql/0014): no interval of any zone begins within a quarter of an hour. */
const all = `
        SELECT user_id, ${startOf(quarterHour)} AS came
        FROM bilten_analytics.events
        WHERE isNotNull(user_id) AND ${quarterHour} <= last
        GROUP BY user_id, came
        HAVING ${firstOf("timestamp")} <= last`;

export const retention = defineQuery({
  name: "retention",
  description: "Of the users who first came in an interval, how many came again in each of those after it.",
  params: z.object({
    interval: z.enum(["day", "week", "month"]).default("week").describe("weeks begin on Monday"),
    periods: z.coerce
      .number<number>()
      .int()
      .min(1)
      .max(100)
      .default(8)
      .describe("how many intervals after the first are told, 1 to 100"),
    event_type: z.string().default("").describe("only events of this type count as coming"),
    organizer_id: z.string().default("").describe("only this organizer's events"),
    timezone: timeZone,
    since: momentFrom.describe(
      "users whose first interval is not before the one of this moment; default: all",
    ),
    until: moment.describe("nothing after this moment counts, ISO 8601; default: now"),
  }),
  row: z.object({
    /** The first day of the interval in which they first came. */
    cohort: z.string(),
    users: z.number(),
    /** Intervals after it; in 0 they first came, so all did. */
    period: z.number(),
    returned: z.number(),
    /** Of `users`, 0 to 1. */
    share: z.number(),
  }),
  absent: "The tables of product analytics are made by `npx sluice migrate`.",
  example: {
    params: { until: "2026-01-12", periods: 1 },
    rows: [
      { cohort: "2025-12-29", users: 2, period: 0, returned: 2, share: 1 },
      { cohort: "2025-12-29", users: 2, period: 1, returned: 1, share: 0.5 },
    ],
  },
  sql: ({ organizer_id, event_type }) => `
    WITH fromUnixTimestamp64Milli({until: Int64}, {timezone: String}) AS last
    SELECT cohort, count() AS users, period, countIf(has(periods_active, period)) AS returned, returned / users AS share
    FROM
    (
      SELECT min(came) AS cohort,
        arrayMap(at -> toInt64(dateDiff({interval: String}, cohort, at)), groupArray(came)) AS periods_active
      FROM (${organizer_id || event_type ? one : all})
      GROUP BY user_id
      HAVING toDate32(cohort) >= toDate32(dateTrunc({interval: String}, fromUnixTimestamp64Milli({since: Int64}, {timezone: String}), {timezone: String}))
    )
    ARRAY JOIN range(toInt64(0), toInt64({periods: UInt8}) + 1) AS period
    WHERE dateDiff({interval: String}, cohort, ${startOf("last")}) >= period
    GROUP BY cohort, period
    ORDER BY cohort, period`,
});

import * as z from "zod";
import { defineQuery, inRange, matches, momentFrom, momentUntil } from "../query.ts";
import {
  dayOf,
  millisecond,
  reachedIn,
  stepsState,
  unseenSince,
  usualSteps,
  usualWindow,
} from "./funnel-sql.ts";
import { quarterHour } from "./product-sql.ts";

const mostSteps = 10;

/** An event that is two steps at once would be counted as both. */
const steps = z
  .string()
  .default(usualSteps.join(","))
  .describe("2 to 10 event types in their order, separated by commas")
  .transform((list, context): string[] => {
    const types = list.split(",").map((type) => type.trim());
    if (
      types.length >= 2 &&
      types.length <= mostSteps &&
      !types.includes("") &&
      new Set(types).size === types.length
    )
      return types;
    const message = `must be 2 to ${mostSteps} different event types, separated by commas`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });

const conditions = Array.from(
  { length: mostSteps },
  (_, i) => `event_type = {steps: Array(String)}[${i + 1}]`,
);

const eventByEvent = `
        SELECT user_id, windowFunnel({window: UInt64})(${millisecond}, ${conditions.join(", ")}) AS reached
        FROM bilten_analytics.events
        WHERE isNotNull(user_id) AND event_type IN {steps: Array(String)}
          AND ${inRange("timestamp")}
          AND ${matches("organizer_id")}
          AND ${matches("event_id")}
        GROUP BY user_id`;

/** Where the quarter of an hour of some epoch milliseconds begins; the first one of 1970 for what is before it. */
const fromQuarterHour = (milliseconds: string) =>
  `fromUnixTimestamp64Milli(900000 * intDiv(greatest(0, ${milliseconds}), 900000), 'UTC')`;

/** The days a roll-up has told whole: with the day after they lie in the range, and nothing came in for either since. */
const wholeDays = `
          SELECT groupArray(date)
          FROM
          (
            WITH (SELECT groupUniqArray(toDate32(timestamp)) FROM bilten_analytics.events WHERE _inserted_at >= ${unseenSince}) AS unseen
            SELECT DISTINCT date
            FROM bilten_analytics.funnel_daily
            WHERE date >= toDate32(fromUnixTimestamp64Milli({since: Int64} + 86399999, 'UTC'))
              AND date < toDate32(fromUnixTimestamp64Milli({until: Int64} + 1, 'UTC')) - 1
              AND NOT has(unseen, date) AND NOT has(unseen, date + 1)
          )
          WHERE (SELECT count() FROM bilten_analytics.roll_ups) > 0`;

/**
 * The usual steps of everybody: whole days as they were rolled up (sql/0016), of the others whole quarters of an hour from the
 * projection (sql/0014), and event by event what is left at the ends. What is found twice is one user's all the same.
 */
const usually = `
        WITH ${fromQuarterHour("{since: Int64} + 899999")} AS opening, ${fromQuarterHour("{until: Int64} + 1")} AS end,
          (${wholeDays}
          ) AS whole
        SELECT user_id, max(far) AS reached
        FROM
        (
          SELECT user_id, reached AS far
          FROM bilten_analytics.funnel_daily FINAL
          WHERE date >= arrayMin(whole) AND date <= arrayMax(whole) AND has(whole, date)
          UNION ALL
          SELECT user_id, ${reachedIn("steps")} AS far
          FROM
          (
            SELECT user_id, ${stepsState} AS steps
            FROM bilten_analytics.events
            WHERE isNotNull(user_id) AND ${quarterHour} >= opening AND ${quarterHour} < end
              AND NOT (has(whole, ${dayOf}) AND has(whole, ${dayOf} - 1))
            GROUP BY user_id
            UNION ALL
            SELECT user_id, ${stepsState} AS steps
            FROM bilten_analytics.events
            WHERE isNotNull(user_id) AND event_type IN {steps: Array(String)} AND ${inRange("timestamp")}
              AND (timestamp < opening OR timestamp >= end)
            GROUP BY user_id
          )
          GROUP BY user_id
        )
        GROUP BY user_id`;

const isUsual = ({ steps, window, organizer_id, event_id }: Record<string, unknown>): boolean =>
  !organizer_id && !event_id && String(steps) === String(usualSteps) && window === usualWindow * 1000;

/**
 * `windowFunnel` (https://clickhouse.com/docs/sql-reference/aggregate-functions/parametric-functions#windowfunnel) finds for each
 * user the longest beginning of the steps that was done in order, all of it within the window after its first step.
 */
export const eventsFunnel = defineQuery({
  name: "events_funnel",
  description: "How many users did each step in this order, within a time after their first one.",
  params: z.object({
    steps,
    window: z.coerce
      .number<number>()
      .int()
      .min(1)
      .max(366 * 86_400)
      .default(usualWindow)
      .transform((seconds): number => seconds * 1000)
      .describe("seconds from a user's first step to the last one, at the most"),
    organizer_id: z.string().default("").describe("only this organizer's events"),
    event_id: z.string().default("").describe("only what is about this event"),
    since: momentFrom,
    until: momentUntil,
  }),
  row: z.object({
    step: z.number(),
    event_type: z.string(),
    /** Who did this step after all before it. */
    users: z.number(),
    /** Of the users of the first step, and of the step before: 0 to 1; null when there were none. */
    of_first: z.number().nullable(),
    of_previous: z.number().nullable(),
  }),
  absent: "The tables of product analytics are made by `npx sluice migrate`.",
  example: {
    params: { steps: "event_view,ticket_view" },
    rows: [
      { step: 1, event_type: "event_view", users: 2, of_first: 1, of_previous: 1 },
      { step: 2, event_type: "ticket_view", users: 1, of_first: 0.5, of_previous: 0.5 },
    ],
  },
  sql: (params) => `
    SELECT step, event_type, users, users / nullIf(counts[1], 0) AS of_first,
      users / nullIf(counts[greatest(step - 1, 1)], 0) AS of_previous
    FROM
    (
      SELECT arrayResize(
        sumForEach(arrayMap(step -> toUInt64(reached >= step), range(1, 1 + length({steps: Array(String)})))),
        length({steps: Array(String)})
      ) AS counts
      FROM
      (${isUsual(params) ? usually : eventByEvent}
      )
    )
    ARRAY JOIN counts AS users, {steps: Array(String)} AS event_type, arrayEnumerate({steps: Array(String)}) AS step
    ORDER BY step`,
});

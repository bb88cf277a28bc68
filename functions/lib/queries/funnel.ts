import * as z from "zod";
import { defineQuery, inRange, matches, momentFrom, momentUntil } from "../query.ts";
import { farthestOfEverybody, millisecond, usualSteps, usualWindow } from "./funnel-sql.ts";

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
      (${isUsual(params) ? farthestOfEverybody : eventByEvent}
      )
    )
    ARRAY JOIN counts AS users, {steps: Array(String)} AS event_type, arrayEnumerate({steps: Array(String)}) AS step
    ORDER BY step`,
});

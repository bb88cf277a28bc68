import * as z from "zod";
import { defineQuery, distinct, inRange, limit, matches, timeZone, uncounted } from "../query.ts";
import { absent, different, ofOrganizer, organizer, range } from "./product-sql.ts";

/** Where the interval of five minutes that a moment lies in begins, within what DateTime can be. */
const fiveMinutes = (milliseconds: string) =>
  `toDateTime(300 * intDiv(greatest(0, least(${milliseconds}, 4291747200000)), 300000), 'UTC')`;

/** Rows (date, organizer_id, n): whole intervals of five minutes, of which days of any zone are made, and event by event what is left at the ends. */
const countedDaily = `
      WITH ${fiveMinutes("{since: Int64} + 299999")} AS opening, ${fiveMinutes("{until: Int64} + 1")} AS end
      SELECT toDate(interval_start, {timezone: String}) AS date, organizer_id, sum(events) AS n
      FROM bilten_analytics.dashboard_per_5_minutes
      WHERE interval_start >= opening AND interval_start < end AND ${ofOrganizer}
      GROUP BY date, organizer_id
      UNION ALL
      SELECT toDate(timestamp, {timezone: String}) AS date, organizer_id, count() AS n
      FROM bilten_analytics.events
      WHERE ${inRange("timestamp")} AND (timestamp < opening OR timestamp >= end) AND ${ofOrganizer}
      GROUP BY date, organizer_id`;

const alone = (events: string) =>
  `${events} AS events, ${uncounted} AS unique_users, ${uncounted} AS unique_sessions`;

const all = `
    SELECT date, organizer_id, ${alone("sum(n)")}
    FROM (${countedDaily})`;

const told = (figures: string) => `
    SELECT toDate(timestamp, {timezone: String}) AS date, organizer_id, ${figures}
    FROM bilten_analytics.events
    WHERE ${inRange("timestamp")} AND ${ofOrganizer} AND ${matches("event_type")}`;

/** The intervals do not tell types apart. */
const one = told(alone("count()"));
const withPeople = told(
  "count() AS events, uniqExact(user_id) AS unique_users, uniqExact(session_id) AS unique_sessions",
);

export const eventsDaily = defineQuery({
  name: "events_daily",
  description: "Events and their users by day and organizer, the latest day first.",
  params: z.object({
    organizer_id: organizer,
    event_type: z.string().default("").describe("only events of this type"),
    timezone: timeZone,
    ...range,
    distinct,
    limit,
  }),
  row: z.object({
    /** By the calendar of the time zone. */
    date: z.string(),
    organizer_id: z.string(),
    events: z.number(),
    unique_users: different,
    unique_sessions: different,
  }),
  absent,
  example: {
    params: { limit: 1 },
    rows: [{ date: "2026-01-09", organizer_id: "o-17", events: 1, unique_users: 1, unique_sessions: 1 }],
  },
  sql: ({ event_type, distinct }) => `
    ${distinct !== "none" ? withPeople : event_type ? one : all}
    GROUP BY date, organizer_id
    ORDER BY date DESC, events DESC, organizer_id
    LIMIT {limit: UInt32}`,
});

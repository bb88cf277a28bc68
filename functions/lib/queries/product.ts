import * as z from "zod";
import { defineQuery, distinct, inRange, limit, matches, moment, timeZone } from "../query.ts";
import { absent, daysInRange, different, merged, ofOrganizer, organizer, range } from "./product-sql.ts";

export const revenueDaily = defineQuery({
  name: "revenue_daily",
  description: "Revenue and tickets by day, organizer and currency, the latest day first.",
  params: z.object({
    organizer_id: organizer,
    event_id: z.string().default("").describe("only sales for this event"),
    currency: z.string().toUpperCase().default("").describe("only in this currency, ISO 4217"),
    timezone: timeZone,
    ...range,
    limit,
  }),
  row: z.object({
    date: z.string(),
    organizer_id: z.string(),
    /** Amounts of two currencies have no sum. */
    currency: z.string(),
    revenue: z.number(),
    transactions: z.number(),
    tickets: z.number(),
    /** Over the transactions, as people know it; `revenue / tickets` is over the tickets. */
    avg_ticket_price: z.number(),
    unique_buyers: z.number(),
  }),
  absent,
  example: {
    params: { organizer_id: "o-17" },
    rows: [
      {
        date: "2026-01-01",
        organizer_id: "o-17",
        currency: "EUR",
        revenue: 80.5,
        transactions: 2,
        tickets: 3,
        avg_ticket_price: 27.75,
        unique_buyers: 2,
      },
    ],
  },
  sql: `
    SELECT toDate(timestamp, {timezone: String}) AS date, organizer_id, currency, sum(price * quantity) AS revenue,
      count() AS transactions, sum(quantity) AS tickets, avg(price) AS avg_ticket_price, uniqExact(user_id) AS unique_buyers
    FROM bilten_analytics.ticket_sales
    WHERE ${inRange("timestamp")} AND ${ofOrganizer} AND ${matches("event_id")}
      AND ${matches("currency")}
    GROUP BY date, organizer_id, currency
    ORDER BY date DESC, revenue DESC, organizer_id, currency
    LIMIT {limit: UInt32}`,
});

const lastInterval = "toStartOfFiveMinutes(fromUnixTimestamp64Milli({until: Int64}, 'UTC'))";
const firstInterval = `${lastInterval} - toIntervalMinute(5 * ({limit: UInt32} - 1))`;

export const realtimeDashboard = defineQuery({
  name: "realtime_dashboard",
  description: "Activity in intervals of five minutes, those without any too; the oldest first.",
  params: z.object({
    organizer_id: organizer,
    until: moment.describe("the last interval is the one of this moment, ISO 8601; default: now"),
    limit: limit.default(12).describe("how many intervals, 1 to 10000"),
  }),
  row: z.object({
    /** UTC. */
    interval_start: z.string(),
    total_events: z.number(),
    active_users: z.number(),
    active_sessions: z.number(),
    page_views: z.number(),
    purchases: z.number(),
    errors: z.number(),
    /** As the events page_load tell it; null when none does. */
    avg_load_time: z.number().nullable(),
  }),
  absent,
  example: {
    params: { until: "2026-01-01T12:04:00Z", limit: 2 },
    rows: [
      {
        interval_start: "2026-01-01 11:55:00",
        total_events: 0,
        active_users: 0,
        active_sessions: 0,
        page_views: 0,
        purchases: 0,
        errors: 0,
        avg_load_time: null,
      },
      {
        interval_start: "2026-01-01 12:00:00",
        total_events: 4,
        active_users: 2,
        active_sessions: 2,
        page_views: 1,
        purchases: 0,
        errors: 0,
        avg_load_time: null,
      },
    ],
  },
  sql: `
    SELECT interval_start, sum(events) AS total_events,
      uniqExactMerge(users) AS active_users, uniqExactMerge(sessions) AS active_sessions,
      sum(dashboard.page_views) AS page_views, sum(dashboard.purchases) AS purchases, sum(dashboard.errors) AS errors,
      toFloat64(sum(load_time)) / nullIf(sum(load_times), 0) AS avg_load_time
    FROM bilten_analytics.dashboard_per_5_minutes AS dashboard
    WHERE interval_start >= ${firstInterval} AND interval_start <= ${lastInterval} AND ${ofOrganizer}
    GROUP BY interval_start
    ORDER BY interval_start WITH FILL FROM ${firstInterval} TO ${lastInterval} + 1 STEP 300`,
});

export const organizerDailyMetrics = defineQuery({
  name: "organizer_daily_metrics",
  description: "What happened for each organizer, by day of UTC, the latest day first.",
  params: z.object({ organizer_id: organizer, ...range, distinct, limit }),
  row: z.object({
    date: z.string(),
    organizer_id: z.string(),
    total_events: z.number(),
    unique_visitors: different,
    unique_sessions: different,
    page_views: z.number(),
    ticket_purchases: z.number(),
    event_views: z.number(),
    registrations: z.number(),
  }),
  absent,
  example: {
    params: { limit: 1 },
    rows: [
      {
        date: "2026-01-09",
        organizer_id: "o-17",
        total_events: 1,
        unique_visitors: 1,
        unique_sessions: 1,
        page_views: 0,
        ticket_purchases: 0,
        event_views: 1,
        registrations: 0,
      },
    ],
  },
  sql: ({ distinct }) => `
    SELECT date, organizer_id, sum(events) AS total_events,
      ${merged("users", distinct)} AS unique_visitors, ${merged("sessions", distinct)} AS unique_sessions,
      sum(days.page_views) AS page_views, sum(days.ticket_purchases) AS ticket_purchases,
      sum(days.event_views) AS event_views, sum(days.registrations) AS registrations
    FROM bilten_analytics.organizer_metrics_per_day AS days
    WHERE ${daysInRange} AND ${ofOrganizer}
    GROUP BY date, organizer_id
    ORDER BY date DESC, total_events DESC, organizer_id
    LIMIT {limit: UInt32}`,
});

export const eventPerformance = defineQuery({
  name: "event_performance",
  description:
    "How each event of an organizer does over days of UTC, the one with most visitors first; with distinct=none the one with most interactions.",
  params: z.object({
    organizer_id: organizer,
    event_id: z.string().default("").describe("only this event"),
    ...range,
    distinct,
    limit,
  }),
  row: z.object({
    event_id: z.string(),
    organizer_id: z.string(),
    total_interactions: z.number(),
    unique_visitors: different,
    unique_sessions: different,
    views: z.number(),
    purchases: z.number(),
    shares: z.number(),
    favorites: z.number(),
    /** As the events page_duration tell it; null when none does. */
    avg_duration: z.number().nullable(),
  }),
  absent,
  example: {
    params: { limit: 1 },
    rows: [
      {
        event_id: "concert-1",
        organizer_id: "o-17",
        total_interactions: 5,
        unique_visitors: 2,
        unique_sessions: 2,
        views: 3,
        purchases: 0,
        shares: 0,
        favorites: 0,
        avg_duration: null,
      },
    ],
  },
  sql: ({ distinct }) => `
    SELECT event_id, organizer_id, sum(interactions) AS total_interactions,
      ${merged("users", distinct)} AS unique_visitors, ${merged("sessions", distinct)} AS unique_sessions,
      sum(days.views) AS views, sum(days.purchases) AS purchases, sum(days.shares) AS shares, sum(days.favorites) AS favorites,
      toFloat64(sum(duration)) / nullIf(sum(durations), 0) AS avg_duration
    FROM bilten_analytics.event_performance_per_day AS days
    WHERE ${daysInRange} AND ${ofOrganizer} AND ${matches("event_id")}
    GROUP BY event_id, organizer_id
    ORDER BY unique_visitors DESC, total_interactions DESC, organizer_id, event_id
    LIMIT {limit: UInt32}`,
});

import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { ask } from "../ask.ts";
import type { Query } from "../query.ts";
import { createDraw, openScratch, type Scratch } from "../testing.ts";
import { slowQueries, storageByTable } from "./clickhouse.ts";
import { eventsDaily } from "./events-daily.ts";
import { eventsFunnel } from "./funnel.ts";
import { eventPerformance, organizerDailyMetrics, realtimeDashboard, revenueDaily } from "./product.ts";
import { retention } from "./retention.ts";

let scratch: Scratch;
let organizer: string;

beforeEach(async () => {
  scratch = await openScratch();
  organizer = `org ${randomUUID()}`;
});

const insert = (table: string, values: object[]) =>
  scratch.client.insert({
    table: `bilten_analytics.${table}`,
    format: "JSONEachRow",
    values: values.map((value) => ({ organizer_id: organizer, ...value })),
  });

type Did = [user: string | null, event_type: string, timestamp: string, more?: object];

const did = (...rows: Did[]) =>
  insert(
    "events",
    rows.map(([user_id, event_type, timestamp, more]) => ({ user_id, event_type, timestamp, ...more })),
  );

/** The rows of an answer, held against the query's own row. */
async function answer(query: Query, given: Record<string, string> = {}) {
  const mine = "organizer_id" in query.params.shape ? { organizer_id: organizer } : {};
  const { data } = await ask(scratch.client, query, { ...mine, ...given });
  return data.map((row) => query.row.strict().parse(row));
}

describe("events_daily", () => {
  test("days are those of the time zone, short and long ones too; who is not known is no user", async () => {
    // Clocks go forward on 2026-03-29 at 1:00 UTC and back on 2026-10-25.
    await did(
      ["ann", "a", "2026-03-28 22:59:59.999"],
      ["ann", "a", "2026-03-28 23:00:00.000"],
      ["bob", "b", "2026-03-29 21:59:59.999"],
      [null, "b", "2026-03-29 22:00:00.000"],
    );
    const days = async (given = {}) =>
      (await answer(eventsDaily, given)).map(({ date, events, unique_users }) => [
        date,
        events,
        unique_users,
      ]);
    expect(await days({ timezone: "Europe/Berlin" })).toEqual([
      ["2026-03-30", 1, 0],
      ["2026-03-29", 2, 2],
      ["2026-03-28", 1, 1],
    ]);
    expect(await days()).toEqual([
      ["2026-03-29", 2, 1],
      ["2026-03-28", 2, 1],
    ]);
    expect(
      await days({ since: "2026-03-28T23:00:00Z", until: "2026-03-29T21:59:59.999Z", event_type: "b" }),
    ).toEqual([["2026-03-29", 1, 1]]);
  });
});

const usual = ["event_view", "ticket_view", "checkout_start", "payment_info", "ticket_purchase"];

test("what the page asks of all users is told from aggregates, and is what one finds event by event", async () => {
  // Two nights of 2101 in which nobody else was there.
  const random = createDraw();
  const rows = Array.from({ length: 900 }, (): Did => {
    const user = random(29) === 0 ? null : `${organizer} ${random(41)}`;
    const at = Date.UTC(2101, 4, 2 + random(2)) + random(90 * 60_000);
    const type = ["share", ...usual][random(6)] ?? "";
    return [user, type, new Date(at).toISOString().slice(0, -1).replace("T", " ")];
  });
  await did(...rows.filter((_, i) => i % 2 === 0));
  await did(...rows.filter((_, i) => i % 2 === 1));
  const everybody = { organizer_id: "" };
  const ranges = [
    ["2101-05-01", "2101-05-09"],
    ["2101-05-02T00:00:00.001Z", "2101-05-03T00:14:59.999Z"],
    ["2101-05-02T00:15:00Z", "2101-05-03T00:29:59.998Z"],
    ["2101-05-02T00:37:12.345Z", "2101-05-02T00:38:00Z"],
    ["2101-05-02T00:37:12.345Z", "2101-05-03T01:07:00Z"],
    ["2101-05-02T00:30:00Z", "2101-05-03T00:30:00Z"],
  ] as const;
  for (const [since, until] of ranges) {
    const told = await answer(eventsFunnel, { since, until, ...everybody });
    expect({ until, told }).toEqual({ until, told: await answer(eventsFunnel, { since, until }) });
    if (since === "2101-05-01") expect(told.map(({ users }) => users)).toEqual([41, 35, 29, 13, 2]);
  }
  for (const timezone of ["UTC", "Asia/Kathmandu", "America/St_Johns"])
    for (const [, until] of ranges) {
      const given = { interval: "day", since: "2101-05-01", until, timezone };
      const told = await answer(retention, { ...given, ...everybody });
      expect({ until, told }).toEqual({ until, told: await answer(retention, given) });
      expect(told.length).toBeGreaterThan(0);
    }
});

test.each([eventsFunnel, retention])(
  "$name of everybody is read from the projection",
  async (query: Query) => {
    await did(["ann", "event_view", "2026-03-01 00:00:00"]);
    const params = query.params.parse({});
    const sql = typeof query.sql === "function" ? query.sql(params) : "";
    const plan = await scratch.client.query({
      query: `EXPLAIN ${sql}`,
      query_params: params,
      format: "TabSeparated",
    });
    expect(await plan.text()).toContain("(by_user_per_quarter_hour)");
  },
);

describe("events_funnel", () => {
  const funnel = async (given: Record<string, string> = {}) =>
    (await answer(eventsFunnel, { steps: "view,cart,buy", window: "60", ...given })).map(
      ({ users }) => users,
    );

  test("S6: counts whoever did the steps in their order, however often and in whatever order they came in", async () => {
    await did(
      ["ann", "buy", "2026-03-01 00:00:30"],
      ["ann", "view", "2026-03-01 00:00:00"],
      ["ann", "cart", "2026-03-01 00:00:10"],
      ["bob", "buy", "2026-03-01 00:00:00"],
      ["bob", "cart", "2026-03-01 00:00:10"],
      ["bob", "view", "2026-03-01 00:00:20"],
      ["cid", "view", "2026-03-01 00:00:00"],
      ["cid", "view", "2026-03-01 00:00:10"],
      ["cid", "buy", "2026-03-01 00:00:20"],
      [null, "view", "2026-03-01 00:00:00"],
    );
    expect(await answer(eventsFunnel, { steps: "view, cart ,buy", window: "60" })).toEqual([
      { step: 1, event_type: "view", users: 3, of_first: 1, of_previous: 1 },
      { step: 2, event_type: "cart", users: 1, of_first: 1 / 3, of_previous: 1 / 3 },
      { step: 3, event_type: "buy", users: 1, of_first: 1 / 3, of_previous: 1 },
    ]);
  });

  test("the window ends so many seconds after the first step, to the millisecond, across midnight and months", async () => {
    await did(
      ["in", "view", "2026-02-28 23:59:30.000"],
      ["in", "cart", "2026-02-28 23:59:59.999"],
      ["in", "buy", "2026-03-01 00:00:30.000"],
      ["out", "view", "2026-02-28 23:59:30.000"],
      ["out", "cart", "2026-03-01 00:00:00.000"],
      ["out", "buy", "2026-03-01 00:00:30.001"],
    );
    expect(await funnel()).toEqual([2, 2, 1]);
    expect(await funnel({ window: "61" })).toEqual([2, 2, 2]);
    expect(await funnel({ window: "29" })).toEqual([2, 0, 0]);
  });

  test("a later beginning counts as well as the first one", async () => {
    await did(
      ["ann", "view", "2026-03-01 00:00:00"],
      ["ann", "cart", "2026-03-01 00:00:50"],
      ["ann", "view", "2026-03-01 00:01:00"],
      ["ann", "cart", "2026-03-01 00:01:10"],
      ["ann", "buy", "2026-03-01 00:01:50"],
    );
    expect(await funnel()).toEqual([1, 1, 1]);
  });

  test("without anybody every step is there, with nobody in it", async () => {
    expect(await answer(eventsFunnel, { steps: "view,cart" })).toEqual([
      { step: 1, event_type: "view", users: 0, of_first: null, of_previous: null },
      { step: 2, event_type: "cart", users: 0, of_first: null, of_previous: null },
    ]);
  });

  test.each(["view", "view,view", "a,,b", "a,b,c,d,e,f,g,h,i,j,k"])(
    "the steps %s are refused",
    async (steps) => {
      await expect(funnel({ steps })).rejects.toMatchObject({
        status: 400,
        message: expect.stringContaining("steps"),
      });
    },
  );
});

test("without different people the counts are the same, whatever the zone and wherever the range cuts", async () => {
  await did(
    ["ann", "event_view", "2026-03-28 22:59:59.999", { event_id: "e1" }],
    ["ann", "event_view", "2026-03-28 23:04:59.999", { event_id: "e1" }],
    ["bob", "share", "2026-03-28 23:05:00.000", { event_id: "e2" }],
    ["bob", "page_view", "2026-03-29 21:59:59.999"],
    [null, "page_view", "2026-03-29 22:00:00.001"],
  );
  const counts = async (query: Query, given: Record<string, string>) =>
    (await answer(query, given)).map((row) => ({
      ...(row as object),
      unique_users: 0,
      unique_sessions: 0,
      unique_visitors: 0,
    }));
  const ends = [
    {},
    { since: "2026-03-28T23:04:59.999Z", until: "2026-03-29T22:00:00Z" },
    { since: "2026-03-28T23:05:00Z", until: "2026-03-28T23:06:00Z" },
    { since: "2026-03-28T23:05:00.001Z", until: "2026-03-29T22:00:00.001Z" },
  ];
  for (const range of ends) {
    for (const timezone of ["UTC", "Europe/Berlin", "Asia/Kathmandu"]) {
      const given = { ...range, timezone };
      const exact = await counts(eventsDaily, given);
      expect(await counts(eventsDaily, { ...given, distinct: "none" }), JSON.stringify(given)).toEqual(exact);
      const one = { ...given, event_type: "event_view" };
      expect(await counts(eventsDaily, { ...one, distinct: "none" })).toEqual(await counts(eventsDaily, one));
    }
    for (const query of [organizerDailyMetrics, eventPerformance])
      expect((await counts(query, { ...range, distinct: "none" })).sort(inOrder)).toEqual(
        (await counts(query, range)).sort(inOrder),
      );
  }
  const [first] = await answer(eventsDaily, { distinct: "none" });
  expect(first).toMatchObject({ date: "2026-03-29", events: 2, unique_users: null, unique_sessions: null });
});

const inOrder = (one: object, other: object) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1);

test("revenue_daily keeps currencies apart, and money exact", async () => {
  const sale = (
    timestamp: string,
    quantity: number,
    price: string,
    currency: string,
    user_id: string | null,
  ) => ({
    timestamp,
    quantity,
    price,
    currency,
    user_id,
    event_id: "e1",
  });
  await insert("ticket_sales", [
    sale("2026-10-24 22:00:00.000", 3, "0.1", "EUR", "ann"),
    sale("2026-10-25 22:59:59.999", 1, "0.3", "EUR", "ann"),
    sale("2026-10-25 23:00:00.000", 1, "5", "EUR", null),
    sale("2026-10-25 12:00:00.000", 2, "900000000", "USD", "bob"),
  ]);
  const rows = await answer(revenueDaily, { timezone: "Europe/Berlin" });
  expect(rows.map(({ organizer_id: _, ...row }) => row)).toEqual([
    {
      date: "2026-10-26",
      currency: "EUR",
      revenue: 5,
      transactions: 1,
      tickets: 1,
      avg_ticket_price: 5,
      unique_buyers: 0,
    },
    {
      date: "2026-10-25",
      currency: "USD",
      revenue: 1.8e9,
      transactions: 1,
      tickets: 2,
      avg_ticket_price: 9e8,
      unique_buyers: 1,
    },
    {
      date: "2026-10-25",
      currency: "EUR",
      revenue: 0.6,
      transactions: 2,
      tickets: 4,
      avg_ticket_price: 0.2,
      unique_buyers: 1,
    },
  ]);
  expect(await answer(revenueDaily, { currency: "usd", event_id: "e1" })).toHaveLength(1);
  expect(await answer(revenueDaily, { event_id: "e2" })).toEqual([]);
});

test("realtime_dashboard has every interval of five minutes, with or without events", async () => {
  await did(
    ["ann", "page_view", "2026-03-01 00:04:59.999"],
    ["ann", "error", "2026-03-01 00:10:00.000"],
    ["ann", "page_load", "2026-03-01 00:14:59.999", { properties: { load_time: "1.5" } }],
    ["bob", "page_load", "2026-03-01 00:14:59.999", { properties: { load_time: "2" }, session_id: "s" }],
    ["bob", "ticket_purchase", "2026-03-01 00:15:00.000"],
  );
  const rows = await answer(realtimeDashboard, { until: "2026-03-01T00:14:59.999Z", limit: "3" });
  const nothing = {
    total_events: 0,
    active_users: 0,
    active_sessions: 0,
    page_views: 0,
    purchases: 0,
    errors: 0,
  };
  expect(rows).toEqual([
    {
      ...nothing,
      interval_start: "2026-03-01 00:00:00",
      total_events: 1,
      active_users: 1,
      page_views: 1,
      avg_load_time: null,
    },
    { ...nothing, interval_start: "2026-03-01 00:05:00", avg_load_time: null },
    {
      ...nothing,
      interval_start: "2026-03-01 00:10:00",
      total_events: 3,
      active_users: 2,
      active_sessions: 1,
      errors: 1,
      avg_load_time: 1.75,
    },
  ]);
  expect(await answer(realtimeDashboard)).toHaveLength(12);
});

test("organizer_daily_metrics and event_performance are finished rows; people are counted once over days", async () => {
  await did(["ann", "event_view", "2026-02-28 23:59:59.999", { event_id: "e1" }]);
  await did(
    ["ann", "share", "2026-03-01 00:00:00", { event_id: "e1" }],
    ["ann", "page_duration", "2026-03-01 00:00:01", { event_id: "e1", properties: { duration: "12.5" } }],
    ["bob", "registration", "2026-03-01 00:00:02"],
  );
  const days = await answer(organizerDailyMetrics);
  expect(
    days.map(({ date, total_events, unique_visitors, event_views, registrations }) => [
      date,
      total_events,
      unique_visitors,
      event_views,
      registrations,
    ]),
  ).toEqual([
    ["2026-03-01", 3, 2, 0, 1],
    ["2026-02-28", 1, 1, 1, 0],
  ]);
  expect(await answer(organizerDailyMetrics, { since: "2026-03-01" })).toHaveLength(1);
  expect(await answer(eventPerformance)).toEqual([
    {
      event_id: "e1",
      organizer_id: organizer,
      total_interactions: 3,
      unique_visitors: 1,
      unique_sessions: 0,
      views: 1,
      purchases: 0,
      shares: 1,
      favorites: 0,
      avg_duration: 12.5,
    },
  ]);
  expect(await answer(eventPerformance, { until: "2026-02-28T12:00:00Z" })).toMatchObject([
    { total_interactions: 1 },
  ]);
});

describe("retention", () => {
  const cohorts = async (given: Record<string, string>) =>
    (await answer(retention, given)).map(({ cohort, users, period, returned, share }) => [
      cohort,
      users,
      period,
      returned,
      share,
    ]);

  test("by weeks from Monday on: who came again, and nothing of weeks to come", async () => {
    await did(
      ["ann", "a", "2026-01-04 23:59:59"], // a Sunday
      ["ann", "a", "2026-01-05 00:00:00"],
      ["ann", "a", "2026-01-06 00:00:00"],
      ["bob", "a", "2025-12-29 00:00:00"],
      ["cid", "a", "2026-01-12 00:00:00"],
      ["late", "a", "2026-01-19 00:00:01"],
    );
    expect(await cohorts({ until: "2026-01-19T00:00:00Z", periods: "2" })).toEqual([
      ["2025-12-29", 2, 0, 2, 1],
      ["2025-12-29", 2, 1, 1, 0.5],
      ["2025-12-29", 2, 2, 0, 0],
      ["2026-01-12", 1, 0, 1, 1],
      ["2026-01-12", 1, 1, 0, 0],
    ]);
    expect(await cohorts({ until: "2026-01-19T00:00:00Z", since: "2026-01-14", periods: "1" })).toHaveLength(
      2,
    );
  });

  test("days are those of the time zone across the night when clocks change, months those of the calendar", async () => {
    await did(
      ["ann", "a", "2026-03-28 23:30:00"],
      ["ann", "a", "2026-03-29 22:30:00"],
      ["ann", "a", "2026-05-01 00:00:00"],
    );
    const until = "2026-05-02T00:00:00Z";
    expect(await cohorts({ interval: "day", timezone: "Europe/Berlin", until, periods: "2" })).toEqual([
      ["2026-03-29", 1, 0, 1, 1],
      ["2026-03-29", 1, 1, 1, 1],
      ["2026-03-29", 1, 2, 0, 0],
    ]);
    expect(await cohorts({ interval: "month", until, periods: "8" })).toEqual([
      ["2026-03-01", 1, 0, 1, 1],
      ["2026-03-01", 1, 1, 0, 0],
      ["2026-03-01", 1, 2, 1, 1],
    ]);
  });
});

test("slow_queries counts a query once, when it has ended, whatever its values", async () => {
  const mark = `slow_${randomUUID().replaceAll("-", "_")}`;
  for (const n of [1, 2]) await scratch.select(`SELECT sleep(0.05) AS ${mark}, ${n}`);
  const runs = async () =>
    (await answer(slowQueries, { min_ms: "40", limit: "10000" })).filter(({ query }) =>
      String(query).includes(mark),
    );
  await expect.poll(runs, { timeout: 15_000 }).toMatchObject([{ runs: 2, failed: 0 }]);
}, 30_000);

test("storage_by_table tells what tables take", async () => {
  await did(["ann", "a", "2026-03-01 00:00:00"]);
  const tables = await answer(storageByTable, { database: "bilten_analytics" });
  expect(tables.find(({ table }) => table === "events")).toMatchObject({
    database: "bilten_analytics",
    parts: expect.any(Number),
  });
  expect(tables.every(({ bytes_on_disk }) => Number(bytes_on_disk) > 0)).toBe(true);
});

import { randomUUID } from "node:crypto";
import { expect, inject, test } from "vitest";
import { encodeKafkaEvent } from "../../events/envelope/kafka.ts";
import { type EventInput, event } from "../../events/event.ts";
import { openScratch } from "../lib/testing.ts";
import { createHandler } from "./handler.ts";

/** As people have them in their notes, to the letter. */
const published = {
  daily: `SELECT toDate(timestamp) as date, organizer_id, count() as events, uniq(user_id) as unique_users FROM bilten_analytics.events
  WHERE timestamp >= today() - INTERVAL 30 DAY GROUP BY date, organizer_id ORDER BY date DESC;`,
  revenue: `SELECT toDate(timestamp) as date, organizer_id, sum(price * quantity) as revenue, count() as transactions, avg(price) as avg_ticket_price
  FROM bilten_analytics.ticket_sales WHERE timestamp >= today() - INTERVAL 30 DAY GROUP BY date, organizer_id ORDER BY date DESC, revenue DESC;`,
  organizers: `SELECT * FROM bilten_analytics.organizer_daily_metrics_mv WHERE date >= today() - INTERVAL 7 DAY ORDER BY date DESC;`,
  dashboard: `SELECT * FROM bilten_analytics.realtime_dashboard_mv WHERE interval_start >= now() - INTERVAL 1 HOUR ORDER BY interval_start DESC;`,
  funnel: `SELECT event_type, count() as events, uniq(user_id) as unique_users,
  count() / (SELECT count() FROM bilten_analytics.events WHERE event_type = 'page_view') * 100 as conversion_rate
  FROM bilten_analytics.events WHERE timestamp >= today() - INTERVAL 7 DAY GROUP BY event_type ORDER BY events DESC;`,
  slow: `SELECT query, query_duration_ms, read_rows FROM system.query_log WHERE query_duration_ms > 1000 ORDER BY query_duration_ms DESC;`,
  storage: `SELECT table, sum(bytes_on_disk) / 1024 / 1024 / 1024 as size_gb, sum(rows) as total_rows FROM system.parts
  WHERE database = 'bilten_analytics' AND active = 1 GROUP BY table;`,
};

test("S7: the published queries run as they are, for who may only read, and are right although aggregates lie in several parts", async () => {
  const { store } = await openScratch();
  const { clickhouseUrl: url, passwords } = inject("services");
  const organizer_id = `org ${randomUUID()}`;
  const headers = {
    "x-clickhouse-user": "reader",
    "x-clickhouse-key": passwords.reader,
    "x-clickhouse-format": "JSONEachRow",
  };
  const ask = async (query: string) => {
    const answer = await (await fetch(url, { method: "POST", body: query, headers })).text();
    const rows = answer
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    return rows.filter((row) => row.organizer_id === undefined || row.organizer_id === organizer_id);
  };

  const now = Date.now();
  const sent: Omit<EventInput, "id">[] = [
    { event_type: "page_view", user_id: "ann", timestamp: new Date(now).toISOString() },
    { event_type: "page_view", user_id: "ann", timestamp: new Date(now).toISOString() },
    { event_type: "page_view", timestamp: new Date(now).toISOString() },
    {
      event_type: "ticket_purchase",
      user_id: "ann",
      timestamp: new Date(now).toISOString(),
      quantity: 3,
      price: 0.1,
      currency: "EUR",
      event_id: "evt-789",
    },
    { event_type: "page_view", user_id: "bob", timestamp: new Date(now - 40 * 86_400_000).toISOString() },
  ];
  // In batches of their own, so that aggregates lie in several parts and are merged by whoever asks.
  for (const [offset, one] of sent.entries())
    await createHandler(store)(
      encodeKafkaEvent({ bootstrapServers: "b:9092" }, [
        {
          topic: organizer_id.replaceAll(" ", "-"),
          partition: 0,
          offset,
          timestamp: now,
          timestampType: "CREATE_TIME",
          key: null,
          value: event.encode({ id: `${organizer_id} ${offset}`, organizer_id, ...one }),
          headers: [],
        },
      ]),
    );

  const date = new Date(now).toISOString().slice(0, 10);
  expect(await ask(published.daily)).toEqual([{ date, organizer_id, events: 4, unique_users: 1 }]);
  expect(await ask(published.revenue)).toEqual([
    { date, organizer_id, revenue: 0.3, transactions: 1, avg_ticket_price: 0.1 },
  ]);
  expect(await ask(published.organizers)).toEqual([
    {
      date,
      organizer_id,
      total_events: 4,
      unique_visitors: 1,
      unique_sessions: 0,
      page_views: 3,
      ticket_purchases: 1,
      event_views: 0,
      registrations: 0,
    },
  ]);
  const interval_start = new Date(now - (now % 300_000)).toISOString().slice(0, 19).replace("T", " ");
  expect(await ask(published.dashboard)).toEqual([
    {
      interval_start,
      organizer_id,
      total_events: 4,
      active_users: 1,
      active_sessions: 0,
      page_views: 3,
      purchases: 1,
      errors: 0,
      avg_load_time: null,
    },
  ]);
  expect((await ask(published.funnel)).map(({ event_type }) => event_type)).toContain("page_view");
  for (const { query_duration_ms } of await ask(published.slow))
    expect(Number(query_duration_ms)).toBeGreaterThan(1000);
  const tables = (await ask(published.storage)).map(({ table }) => table);
  expect(tables).toEqual(expect.arrayContaining(["events", "page_views", "ticket_sales"]));
});

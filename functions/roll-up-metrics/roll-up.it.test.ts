import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { openScratch } from "../lib/testing.ts";
import { createHandler } from "./roll-up.ts";

async function openOrganizer() {
  const { client, store, select } = await openScratch();
  const organizer = `org ${randomUUID()}`;
  const insert = (table: string, values: object[]) =>
    client.insert({
      table: `bilten_analytics.${table}`,
      values: values.map((value) => ({ organizer_id: organizer, ...value })),
      format: "JSONEachRow",
    });
  const metrics = async () => {
    const rows = await select<Record<string, unknown>>(
      `SELECT date, event_id, metric_name, toFloat64(metric_value) AS value, dimensions FROM bilten_analytics.metrics_daily
       WHERE organizer_id = '${organizer}'`,
    );
    return rows
      .map(({ date, event_id, metric_name, value, dimensions }) =>
        [date, event_id, metric_name, value, ...Object.values(dimensions as object)].join(" "),
      )
      .sort();
  };
  const versions = () =>
    select(
      `SELECT count() AS n FROM bilten_analytics.metrics_daily_versions WHERE organizer_id = '${organizer}'`,
    );
  return { client, organizer, insert, metrics, versions, rollUp: createHandler(store) };
}

const view = (timestamp: string, user_id: string) => ({ timestamp, event_type: "page_view", user_id });

test("a day's metrics are those of its rows, for the organizer and for each event; revenue by currency", async () => {
  const { insert, metrics, rollUp } = await openOrganizer();
  await insert("events", [
    view("2026-03-01 00:00:00.000", "ann"),
    view("2026-03-01 23:59:59.999", "ann"),
    {
      timestamp: "2026-03-01 12:00:00",
      event_type: "event_view",
      user_id: "bob",
      event_id: "e1",
      session_id: "s",
    },
    view("2026-03-02 00:00:00.000", "cid"),
  ]);
  await insert("ticket_sales", [
    { timestamp: "2026-03-01 12:00:00", event_id: "e1", quantity: 3, price: "33.3333", currency: "EUR" },
    { timestamp: "2026-03-01 12:00:00", event_id: "e2", quantity: 1, price: "5", currency: "USD" },
  ]);
  await rollUp({});
  expect(await metrics()).toEqual(
    [
      "2026-03-01  page_views 2",
      "2026-03-01  revenue 99.9999 EUR",
      "2026-03-01  revenue 5 USD",
      "2026-03-01  tickets_sold 4",
      "2026-03-01  total_events 3",
      "2026-03-01  transactions 2",
      "2026-03-01  unique_sessions 1",
      "2026-03-01  unique_users 2",
      "2026-03-01  event_views 1",
      "2026-03-01 e1 event_views 1",
      "2026-03-01 e1 revenue 99.9999 EUR",
      "2026-03-01 e1 tickets_sold 3",
      "2026-03-01 e1 total_events 1",
      "2026-03-01 e1 transactions 1",
      "2026-03-01 e1 unique_sessions 1",
      "2026-03-01 e1 unique_users 1",
      "2026-03-01 e2 revenue 5 USD",
      "2026-03-01 e2 tickets_sold 1",
      "2026-03-01 e2 transactions 1",
      "2026-03-02  page_views 1",
      "2026-03-02  total_events 1",
      "2026-03-02  unique_users 1",
    ].toSorted(),
  );
});

test("a second run writes nothing; late rows of a day long past heal it, in its own month", async () => {
  const { insert, metrics, versions, rollUp } = await openOrganizer();
  await insert("events", [view("2026-01-31 10:00:00", "ann"), view("2026-03-01 10:00:00", "ann")]);
  await rollUp({});
  const before = await versions();
  await Promise.all([rollUp({}), rollUp({})]);
  expect(await versions()).toEqual(before);
  await insert("events", [view("2026-01-31 23:59:59.999", "bob")]);
  await rollUp({});
  expect(await metrics()).toEqual([
    "2026-01-31  page_views 2",
    "2026-01-31  total_events 2",
    "2026-01-31  unique_users 2",
    "2026-03-01  page_views 1",
    "2026-03-01  total_events 1",
    "2026-03-01  unique_users 1",
  ]);
});

test("what was deleted is gone from the days that are named", async () => {
  const { client, organizer, insert, metrics, rollUp } = await openOrganizer();
  await insert("events", [view("1999-03-01 10:00:00", "ann"), view("1999-03-02 10:00:00", "ann")]);
  await rollUp({});
  await client.command({
    query: `ALTER TABLE bilten_analytics.events DELETE WHERE organizer_id = '${organizer}' SETTINGS mutations_sync = 1`,
  });
  await rollUp({ days: ["1999-03-01"] });
  expect(await metrics()).toEqual([
    "1999-03-02  page_views 1",
    "1999-03-02  total_events 1",
    "1999-03-02  unique_users 1",
  ]);
});

import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { encodeKafkaEvent, type KafkaRecord } from "../../events/envelope/kafka.ts";
import { type EventInput, event } from "../../events/event.ts";
import { formatRefusal, refusalHeader } from "../../events/refusal.ts";
import { openScratch } from "../lib/testing.ts";
import { createHandler } from "./handler.ts";

/** The tables are the same for all tests: each has an organizer of its own. */
async function openOrganizer() {
  const { client, store, select } = await openScratch();
  const organizer = `org ${randomUUID()}`;
  const rows = <Row>(table: string, columns = "count() AS n") =>
    select<Row>(
      `SELECT ${columns} FROM bilten_analytics.${table} WHERE organizer_id = '${organizer}' ORDER BY ALL`,
    );
  const sent = (id: string, event_type: string, more: Partial<EventInput> = {}): EventInput => ({
    id: `${organizer} ${id}`,
    event_type,
    timestamp: "2026-03-01T10:00:00.123Z",
    organizer_id: organizer,
    ...more,
  });
  return { client, store, select, organizer, rows, sent };
}

const record = (partition: number, offset: number, value: EventInput | Buffer): KafkaRecord => ({
  topic: "events",
  partition,
  offset,
  timestamp: 1_700_000_000_000 + partition,
  timestampType: "CREATE_TIME",
  key: Buffer.isBuffer(value) ? null : Buffer.from(value.id),
  value: Buffer.isBuffer(value) ? value : event.encode(value),
  headers: [],
});

const batch = (...values: (EventInput | Buffer)[]) =>
  encodeKafkaEvent(
    { bootstrapServers: "b:9092" },
    values.map((value, i) => record(0, i, value)),
  );

const sale = { quantity: 2, price: "50.0001", currency: "usd", event_id: "evt-789" };

test("an event is stored as it was sent, and the columns people know come first", async () => {
  const { store, sent, rows, organizer } = await openOrganizer();
  const full = sent("a", "page_view", {
    event_name: "Größe 👋",
    source: "web",
    user_id: "ann",
    session_id: "s1",
    page_url: "https://example.org/?q=ü",
    referrer: "https://example.com/",
    user_agent: "Firefox",
    received_at: "2026-03-01T10:00:01Z",
    properties: {
      browser: "Firefox",
      price: 1.5,
      ok: true,
      tags: ["a", { b: null }],
      none: null,
      event_id: "evt-1",
    },
    duration_seconds: 12,
  });
  await createHandler(store)(batch(full));
  const [row] = await rows<object>("events", "*");
  expect(Object.entries(row ?? {})).toEqual(
    Object.entries({
      timestamp: "2026-03-01 10:00:00.123",
      event_type: "page_view",
      event_name: "Größe 👋",
      organizer_id: organizer,
      user_id: "ann",
      properties: {
        browser: "Firefox",
        price: "1.5",
        ok: "true",
        tags: '["a",{"b":null}]',
        event_id: "evt-1",
      },
      session_id: "s1",
      event_id: "evt-1",
      page_url: "https://example.org/?q=ü",
      referrer: "https://example.com/",
      user_agent: "Firefox",
      source: "web",
      id: `${organizer} a`,
      received_at: "2026-03-01 10:00:01.000",
    }),
  );
  expect(await rows("page_views", "page_url, duration_seconds, user_id, id")).toEqual([
    { page_url: "https://example.org/?q=ü", duration_seconds: 12, user_id: "ann", id: `${organizer} a` },
  ]);
});

test("a sale is an event and a sale, its money exact", async () => {
  const { store, sent, rows } = await openOrganizer();
  await createHandler(store)(
    batch(sent("a", "ticket_purchase", sale), sent("b", "ticket_purchase"), sent("c", "click")),
  );
  expect(await rows("events")).toEqual([{ n: 3 }]);
  expect(
    await rows("ticket_sales", "quantity, toString(price) AS price, currency, event_id, user_id"),
  ).toEqual([{ quantity: 2, price: "50.0001", currency: "USD", event_id: "evt-789", user_id: null }]);
  expect(await rows("page_views")).toEqual([{ n: 0 }]);
});

test("an id counts once in each table: in one batch, redelivered, regrouped, by another partition", async () => {
  const { store, sent, rows } = await openOrganizer();
  const handler = createHandler(store);
  const [view, sold, click] = [
    sent("v", "page_view"),
    sent("s", "ticket_purchase", sale),
    sent("c", "click"),
  ];
  expect(await handler(batch(view, sold, view, click))).toMatchObject({ delivered: 3, duplicates: 1 });
  await handler(batch(view, sold, view, click));
  await handler(batch(view, sold));
  const later = encodeKafkaEvent({ bootstrapServers: "b:9092" }, [
    record(3, 7, { ...view, timestamp: "2026-05-01T00:00:00Z" }),
    record(3, 8, sold),
    record(3, 9, sent("new", "click")),
  ]);
  expect(await handler(later)).toMatchObject({ delivered: 1, duplicates: 2 });
  const counts = await Promise.all(["events", "page_views", "ticket_sales"].map((table) => rows(table)));
  expect(counts).toEqual([[{ n: 4 }], [{ n: 1 }], [{ n: 1 }]]);
  expect(await rows("organizer_daily_metrics_mv", "total_events, page_views, ticket_purchases")).toEqual([
    { total_events: 4, page_views: 1, ticket_purchases: 1 },
  ]);
});

test("an id that comes again as another kind of event is the event it was", async () => {
  const { store, sent, rows } = await openOrganizer();
  const handler = createHandler(store);
  await handler(batch(sent("a", "click"), sent("a", "page_view"), sent("b", "page_view")));
  await handler(batch(sent("b", "ticket_purchase", sale), sent("a", "page_view")));
  expect(await rows("events", "event_type")).toEqual([{ event_type: "click" }, { event_type: "page_view" }]);
  expect(await rows("page_views")).toEqual([{ n: 1 }]);
  expect(await rows("ticket_sales")).toEqual([{ n: 0 }]);
});

test("months of one batch go to their partitions, hours at their borders to theirs", async () => {
  const { store, sent, rows } = await openOrganizer();
  const at = (id: string, timestamp: string) => sent(id, "click", { timestamp });
  await createHandler(store)(
    batch(
      at("a", "2026-02-28T23:59:59.999Z"),
      at("b", "2026-03-01T00:00:00.000Z"),
      at("c", "2026-03-01T02:00:00+02:00"),
      at("d", "1970-01-01T00:00:00Z"),
    ),
  );
  expect(await rows("events_hourly_mv", "hour, event_count")).toEqual([
    { hour: "1970-01-01 00:00:00", event_count: 1 },
    { hour: "2026-02-28 23:00:00", event_count: 1 },
    { hour: "2026-03-01 00:00:00", event_count: 2 },
  ]);
  expect(await rows("events", "uniqExact(_partition_id) AS months, max(_batch_rows) AS most")).toEqual([
    { months: 3, most: 2 },
  ]);
});

test("what is no event is in the quarantine with its bytes, and the others go on", async () => {
  const { store, sent, rows, select, organizer } = await openOrganizer();
  const bad = Buffer.from(`{"id":"${organizer}","event_type":"click"}`);
  const big = Buffer.from(
    `{"id":"${organizer} 2","event_type":"x","timestamp":"2026-03-01","properties":{"n":9007199254740993}}`,
  );
  expect(await createHandler(store)(batch(bad, sent("a", "click"), big))).toMatchObject({
    delivered: 1,
    rejected: 2,
  });
  expect(await rows("events")).toEqual([{ n: 1 }]);
  const kept = await select(
    `SELECT body, reason, source FROM sluice.quarantine WHERE body LIKE '%${organizer}%' ORDER BY body`,
  );
  expect(kept).toEqual([
    { body: `${big}`, reason: "unsupported_value", source: "kafka:events" },
    { body: `${bad}`, reason: "invalid_event", source: "kafka:events" },
  ]);
});

test("what the collector refused is kept under the name of its source, as it came, and is no row", async () => {
  const { store, sent, rows, select, organizer } = await openOrganizer();
  const body = event.encode(sent("a", "click"));
  const refusal = formatRefusal({ source: "http:web", reason: "unsupported_value", detail: "timestamp: 👋" });
  const refused = { ...record(0, 0, body), headers: [[refusalHeader, Buffer.from(refusal)]] } as KafkaRecord;
  const both = encodeKafkaEvent({ bootstrapServers: "b:9092" }, [refused, record(0, 1, sent("b", "click"))]);
  expect(await createHandler(store)(both)).toMatchObject({ delivered: 1, rejected: 1 });
  await createHandler(store)(both);
  expect(await rows("events", "id")).toEqual([{ id: `${organizer} b` }]);
  const kept = `SELECT source, reason, detail, body FROM sluice.quarantine WHERE body LIKE '%${organizer} a%'`;
  expect(await select(kept)).toEqual([
    { source: "http:web", reason: "unsupported_value", detail: "timestamp: 👋", body: `${body}` },
  ]);
});

test("a row inserted by hand needs the published columns alone, and is counted", async () => {
  const { client, rows, organizer } = await openOrganizer();
  await client.command({
    query: `INSERT INTO bilten_analytics.events (timestamp, event_type, event_name, organizer_id, user_id, properties)
      VALUES ('2026-03-01 10:00:00', 'event_view', 'x', '${organizer}', 'ann', {'event_id': 'evt-1'})`,
  });
  expect(await rows("event_performance_mv", "event_id, views")).toEqual([{ event_id: "evt-1", views: 1 }]);
});

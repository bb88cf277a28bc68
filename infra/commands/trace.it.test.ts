import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { encodeKafkaEvent, type KafkaRecord } from "../../events/envelope/kafka.ts";
import { encodeRabbitMQEvent } from "../../events/envelope/rabbitmq.ts";
import { openHandlers } from "../test/open-handlers.ts";
import { runSluice } from "../test/run-sluice.ts";

const sluice = (...args: string[]) => runSluice(args);

const said = (messageId: string, body: string) => ({
  queue: "chat.clickhouse",
  vhost: "/",
  redelivered: false,
  properties: { messageId },
  body: Buffer.from(body),
});

test("a message id leads to its row with the batch it came in, a rejected one to the reason", async () => {
  const { chat } = await openHandlers();
  const [good, bad] = [randomUUID(), randomUUID()];
  await chat(encodeRabbitMQEvent("arn", [said(good, '{"username":"ann","message":"hi"}'), said(bad, "{")]));
  const { code, out } = await sluice("trace", good, "--json");
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    rows: [
      {
        table: "default.user_messages",
        by: "message id",
        row: { username: "ann", message: "hi" },
        came: {
          _queue: "chat.clickhouse",
          _batch: expect.stringMatching(/^\d+$/),
          _inserted_at: expect.any(String),
        },
      },
    ],
    quarantined: [],
  });
  expect((await sluice("trace", bad)).out).toMatch(/reason +malformed_json/);
});

test("a position leads to the row that was read there, and to the row whose fact began there", async () => {
  const { shadow } = await openHandlers();
  const partition = Math.floor(Math.random() * 2 ** 31);
  const value = Buffer.from('{"type":3,"unique_id":"ann","emit_timestamp":"2026-01-01T00:00:00Z"}');
  const origin: [string, Buffer] = ["sluice-origin", Buffer.from(`dominate:${partition}:7`)];
  await shadow(
    encodeKafkaEvent({ bootstrapServers: "b:9092" }, [
      {
        topic: "shadow",
        partition,
        offset: 3,
        timestamp: 1,
        timestampType: "CREATE_TIME",
        key: null,
        value,
        headers: [origin],
      },
    ]),
  );
  for (const [id, by] of [
    [`shadow:${partition}:3`, "read at"],
    [`dominate:${partition}:7`, "origin"],
  ] as const)
    expect(JSON.parse((await sluice("trace", id, "--json")).out).rows).toMatchObject([
      { table: "default.shadow", by },
    ]);
});

test("an event's own id leads to its rows, and what the event is about does not", async () => {
  const { events } = await openHandlers();
  const [id, concert] = [randomUUID(), randomUUID()];
  const value = Buffer.from(
    JSON.stringify({ id, event_type: "page_view", event_id: concert, timestamp: "2026-01-01T00:00:00Z" }),
  );
  const record: KafkaRecord = {
    topic: "events",
    partition: 0,
    offset: Math.floor(Math.random() * 2 ** 40),
    timestamp: 1,
    timestampType: "CREATE_TIME",
    key: null,
    value,
    headers: [],
  };
  await events(encodeKafkaEvent({ bootstrapServers: "b:9092" }, [record]));
  const { rows } = JSON.parse((await sluice("trace", id, "--json")).out);
  expect(rows.map(({ table, by }: { table: string; by: string }) => [table, by])).toEqual([
    ["bilten_analytics.events", "event id"],
    ["bilten_analytics.page_views", "event id"],
  ]);
  expect((await sluice("trace", concert)).code).toBe(1);
});

test("what came of nothing says so, and where it was looked for", async () => {
  const { code, out } = await sluice("trace", "nobody:0:1");
  expect(code).toBe(1);
  expect(out).toContain("Nothing came from nobody:0:1");
  expect(out).toContain("default.shadow (origin)");
  expect(out).toContain("sluice.quarantine (position)");
});

test("the tables of the migrations are healthy, as the reader of the report is told", async () => {
  const { out } = await sluice("clickhouse", "health", "--json");
  const { version, tables } = JSON.parse(out);
  expect(version).toMatch(/^\d+\.\d+/);
  const ours = tables.filter(({ table }: { table: string }) => /^(default|sluice|github)\./.test(table));
  expect(ours.length).toBeGreaterThanOrEqual(4);
  for (const { problems } of ours) expect(problems).toEqual([]);
});

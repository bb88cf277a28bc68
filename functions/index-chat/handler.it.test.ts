import { expect, test, vi } from "vitest";
import { encodeRabbitMQEvent, type RabbitMQMessage } from "../../events/envelope/rabbitmq.ts";
import { openScratch } from "../lib/testing.ts";
import { createHandler } from "./handler.ts";

const said = (id: string | undefined, body: object | string): RabbitMQMessage => ({
  queue: "chat.clickhouse",
  vhost: "/",
  redelivered: false,
  properties: id === undefined ? {} : { messageId: id },
  body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
});

const event = (...messages: RabbitMQMessage[]) => encodeRabbitMQEvent("arn:aws:mq:test", messages);

test("`received_at` is `sent_at` to the millisecond, else the time in the message id", async () => {
  const { store, select } = await openScratch("user_messages");
  await createHandler(store)(
    event(
      said("id-1", { username: "ann", message: "Hello 👋", sent_at: "2026-11-22T11:00:00.123+01:00" }),
      said("019aaaaa-0000-7000-8000-000000000000", { username: "bob", message: "" }),
    ),
  );
  expect(await select("SELECT * FROM user_messages ORDER BY username")).toEqual([
    { username: "ann", message: "Hello 👋", received_at: "2026-11-22 10:00:00.123" },
    {
      username: "bob",
      message: "",
      received_at: new Date(0x019aaaaa0000).toISOString().replace("T", " ").slice(0, -1),
    },
  ]);
});

test("bad messages go to the quarantine with their bytes and a reason, good ones beside them to the table", async () => {
  const { store, select } = await openScratch("user_messages");
  const id = crypto.randomUUID();
  const bad = said(id, "{not json\n\n;");
  bad.properties.headers = { origin: "test" };
  const summary = await createHandler(store)(
    event(bad, said(crypto.randomUUID(), { username: "ann", message: "hi" })),
  );
  expect(summary).toEqual({ delivered: 1, duplicates: 0, rejected: 1 });
  expect(
    await select(
      `SELECT source, reason, body, headers, status FROM sluice.quarantine WHERE position = '${id}'`,
    ),
  ).toEqual([
    {
      source: "rabbitmq:chat.clickhouse",
      reason: "malformed_json",
      body: "{not json\n\n;",
      headers: [{ name: "origin", value: "test" }],
      status: "new",
    },
  ]);
});

test("the log counts what was rejected by its reason", async () => {
  const { store } = await openScratch("user_messages");
  using log = vi.spyOn(console, "log").mockImplementation(() => {});
  const bad = ["{", "[", { username: "" }].map((body) => said(crypto.randomUUID(), body));
  await createHandler(store)(event(...bad));
  const [line] = log.mock.calls.flat();
  expect(JSON.parse(line)).toMatchObject({
    message: "index-chat",
    rejected: 3,
    reasons: { malformed_json: 2, invalid_event: 1 },
  });
});

test("a redelivered batch adds nothing, to the table or to the quarantine", async () => {
  const { store, select } = await openScratch("user_messages");
  const [good, bad] = [crypto.randomUUID(), crypto.randomUUID()];
  const batch = event(said(good, { username: "ann", message: "hi" }), said(bad, { username: "" }));
  const handler = createHandler(store);
  await handler(batch);
  expect(await handler(batch)).toEqual({ delivered: 0, duplicates: 1, rejected: 1 });
  expect(await select("SELECT count() AS n FROM user_messages")).toEqual([{ n: 1 }]);
  expect(await select(`SELECT count() AS n FROM sluice.quarantine WHERE position = '${bad}'`)).toEqual([
    { n: 1 },
  ]);
});

test("an empty batch is settled", async () => {
  const { store } = await openScratch("user_messages");
  expect(await createHandler(store)(event())).toEqual({ delivered: 0, duplicates: 0, rejected: 0 });
});

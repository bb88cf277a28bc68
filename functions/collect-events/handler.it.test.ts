import { randomUUID } from "node:crypto";
import { createClient } from "@clickhouse/client";
import { Kafka, logLevel } from "kafkajs";
import { expect, inject, test } from "vitest";
import type { HttpEvent } from "../lib/http-event.ts";
import { openProducer } from "../lib/kafka.ts";
import { openKeys } from "../lib/keys.ts";
import { openScratch } from "../lib/testing.ts";
import { createHandler } from "./handler.ts";
import { untilQueryable } from "./queryable.ts";

const keys = openKeys({ client: createClient({ url: "http://127.0.0.1:1" }), local: { write: "w" } });

const post = (body: object) =>
  ({
    headers: { authorization: "Bearer w" },
    pathParameters: { source: "web" },
    requestContext: { http: { method: "POST" } },
    body: JSON.stringify(body),
    isBase64Encoded: false,
  }) as unknown as HttpEvent;

const open = (brokers: string[]) =>
  createHandler({
    produce: openProducer({ KAFKA_BROKERS: brokers }),
    keys,
    untilQueryable: async () => true,
  });

test("after the yes every event is in Kafka: copies of an id in one partition, in their order", async () => {
  const { brokers } = inject("services");
  const ids = Array.from({ length: 50 }, () => randomUUID());
  const handler = open(brokers);
  const events = [...ids, ...ids].map((id, at) => ({ id, event_type: `click ${at}` }));
  expect(await handler(post(events), {} as never)).toMatchObject({ statusCode: 202 });

  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: randomUUID() });
  await consumer.connect();
  await consumer.subscribe({ topic: "events", fromBeginning: true });
  const found: { partition: number; id: string; type: string }[] = [];
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachMessage: async ({ partition, message }) => {
        const { id, event_type } = JSON.parse(`${message.value}`);
        if (!ids.includes(id)) return;
        if (found.push({ partition, id, type: event_type }) === events.length) resolve();
      },
    });
  });
  await consumer.disconnect();
  for (const [at, id] of ids.entries()) {
    const copies = found.filter((one) => one.id === id);
    expect(copies.map(({ type }) => type)).toEqual([`click ${at}`, `click ${at + 50}`]);
    expect(copies[0]?.partition).toBe(copies[1]?.partition);
  }
});

test("a Kafka that does not answer is 503, never a yes", async () => {
  expect(await open(["127.0.0.1:1"])(post({ event_type: "x" }), {} as never)).toMatchObject({
    statusCode: 503,
    headers: { "retry-after": expect.any(String) },
  });
}, 60_000);

test("events can be asked for when they are found and the INSERT that brought them has ended", async () => {
  const { client, store, select } = await openScratch();
  const id = randomUUID();
  expect(await untilQueryable(store, [id], 300)).toBe(false);
  const insert = (pause: number) => ({
    query: `INSERT INTO bilten_analytics.events (id, event_type, in_batch, in_batch_rows) SELECT '${id}', if(sleepEachRow(${pause}) = 0, 'x', ''), 77, 1`,
    clickhouse_settings: { log_comment: "write-once store-events 77 events:0" },
  });
  await client.command(insert(0));
  expect(await untilQueryable(store, [id], 2000)).toBe(true);
  // The same batch once more, as if its views were still being written.
  const running = client.command(insert(2));
  const comments =
    "SELECT count() AS n FROM system.processes WHERE Settings['log_comment'] LIKE '% 77 events:0'";
  await expect.poll(() => select(comments), { timeout: 2000 }).toEqual([{ n: 1 }]);
  expect(await untilQueryable(store, [id], 500)).toBe(false);
  await running;
  expect(await untilQueryable(store, [id], 5000)).toBe(true);
});

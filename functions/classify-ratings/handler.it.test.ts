import { randomUUID } from "node:crypto";
import { Kafka, logLevel } from "kafkajs";
import { expect, inject, onTestFinished, test } from "vitest";
import { encodeKafkaEvent, type KafkaRecord } from "../../events/envelope/kafka.ts";
import { type Outgoing, openProducer } from "../lib/kafka.ts";
import { openScratch } from "../lib/testing.ts";
import { createHandler } from "./handler.ts";

const record = (offset: number, value: string | null, partition = 2): KafkaRecord => ({
  topic: "dominate",
  partition,
  offset,
  timestamp: 1_700_000_000_000,
  timestampType: "CREATE_TIME",
  key: null,
  value: value === null ? null : Buffer.from(value),
  headers: [],
});

const event = (...records: KafkaRecord[]) => encodeKafkaEvent({ bootstrapServers: "b:9092" }, records);

test("each rating goes on as its type, keyed by its human, with where it came from", async () => {
  const { store } = await openScratch();
  const sent: Outgoing[] = [];
  const handler = createHandler(async (_topic, messages) => void sent.push(...messages), store);
  await handler(
    event(record(40, '{"rating":30,"unique_id":"ann"}'), record(41, '{"rating":7,"unique_id":"bob"}')),
  );
  expect(sent.map(({ key, headers }) => ({ key, headers }))).toEqual([
    { key: "ann", headers: { "sluice-origin": "dominate:2:40" } },
    { key: "bob", headers: { "sluice-origin": "dominate:2:41" } },
  ]);
  expect(sent.map(({ value }) => JSON.parse(value.toString()))).toMatchObject([
    { type: 15, unique_id: "ann", emit_timestamp: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/) },
    { type: 0, unique_id: "bob" },
  ]);
});

test("ratings out of range, of the wrong kind or without a human are quarantined, each by its position", async () => {
  const { store, select } = await openScratch();
  const partition = Math.floor(Math.random() * 2 ** 31);
  const bodies = [
    "{}",
    '{"rating":0,"unique_id":"a"}',
    '{"rating":101,"unique_id":"a"}',
    '{"rating":"15","unique_id":"a"}',
    null,
  ];
  const summary = await createHandler(async () => {}, store)(
    event(...bodies.map((body, offset) => record(offset, body, partition))),
  );
  expect(summary).toMatchObject({ delivered: 0, rejected: 5 });
  expect(
    await select(
      `SELECT position, reason FROM sluice.quarantine WHERE position LIKE 'dominate:${partition}:%' ORDER BY position`,
    ),
  ).toEqual(
    bodies.map((_, offset) => ({ position: `dominate:${partition}:${offset}`, reason: "invalid_event" })),
  );
});

test("a topic that cannot be written to brings the batch back", async () => {
  const { store } = await openScratch();
  const handler = createHandler(async () => Promise.reject(new Error("no leader")), store);
  await expect(handler(event(record(0, '{"rating":1,"unique_id":"ann"}')))).rejects.toThrow("no leader");
});

test("a batch of megabytes for one partition is taken", async () => {
  const { brokers } = inject("services");
  const value = Buffer.alloc(500, "x");
  const messages = Array.from({ length: 10_000 }, () => ({ key: "one", value }));
  await expect(openProducer({ KAFKA_BROKERS: brokers })("shadow", messages)).resolves.toBeUndefined();
});

test("the producer resolves when Kafka has the messages, headers and keys as given", async () => {
  const { brokers } = inject("services");
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
  const topic = `produced-${randomUUID()}`;
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
  onTestFinished(() => admin.disconnect());
  await openProducer({ KAFKA_BROKERS: brokers })(topic, [
    { key: "ann", value: Buffer.from("1"), headers: { "sluice-origin": "dominate:0:1" } },
    { key: "ann", value: Buffer.from("2") },
  ]);
  expect(await admin.fetchTopicOffsets(topic)).toMatchObject([{ partition: 0, low: "0", high: "2" }]);
});

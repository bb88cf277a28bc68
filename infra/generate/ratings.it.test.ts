import { randomUUID } from "node:crypto";
import { Kafka, logLevel } from "kafkajs";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { classify } from "../../events/rating.ts";
import "../test/services.ts";
import { humans } from "./humans.ts";
import { sendRatings } from "./send-ratings.ts";

const { brokers } = inject("services");
const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
const admin = kafka.admin();
beforeAll(() => admin.connect());
afterAll(() => admin.disconnect());

async function createTopic() {
  const topic = `test.ratings.${randomUUID()}`;
  await admin.createTopics({ topics: [{ topic, numPartitions: 4 }], waitForLeaders: true });
  return topic;
}

/** Everything the topic holds: by partition, in order. */
async function read(topic: string, count: number) {
  const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const messages: { key: string; value: { rating: number; unique_id: string } }[] = [];
  const all = Promise.withResolvers<void>();
  await consumer.run({
    eachMessage: async ({ message }) => {
      messages.push({ key: `${message.key}`, value: JSON.parse(`${message.value}`) });
      if (messages.length >= count) all.resolve();
    },
  });
  await all.promise;
  await consumer.disconnect();
  return messages;
}

const fast = { brokers, rate: Number.POSITIVE_INFINITY, signal: new AbortController().signal };
const byId = (a: { unique_id: string }, b: { unique_id: string }) => (a.unique_id < b.unique_id ? -1 : 1);

describe("the ratings producer", () => {
  it("sends the humans of the seed, each once, keyed by id, and counts their types", async () => {
    const topic = await createTopic();
    const { sent, types } = await sendRatings({ ...fast, topic, humans: humans(3), count: 12_000 });
    const messages = await read(topic, 12_000);
    const expected = humans(3).take(12_000).toArray();
    expect(sent).toBe(12_000);
    expect(messages.map(({ value }) => value).sort(byId)).toEqual(expected.toSorted(byId));
    expect(messages.every(({ key, value }) => key === value.unique_id)).toBe(true);
    expect(types.ShaDow).toBe(expected.filter(({ rating }) => classify(rating).type === 15).length);
    expect(Object.values(types).reduce((sum, n) => sum + n, 0)).toBe(12_000);
  });

  it("keeps its rate", async () => {
    const topic = await createTopic();
    const start = performance.now();
    await sendRatings({ ...fast, topic, humans: humans(4), rate: 500, count: 500 });
    expect(performance.now() - start).toBeGreaterThan(990);
  });

  it("ends when it is interrupted, and what it says was sent is there", async () => {
    const topic = await createTopic();
    const signal = AbortSignal.timeout(800);
    const { sent } = await sendRatings({
      ...fast,
      topic,
      humans: humans(5),
      count: Number.POSITIVE_INFINITY,
      signal,
    });
    const offsets = await admin.fetchTopicOffsets(topic);
    expect(sent).toBeGreaterThan(0);
    expect(offsets.reduce((sum, { offset }) => sum + Number(offset), 0)).toBe(sent);
  });

  it.each([
    [
      "no broker",
      { brokers: ["127.0.0.1:1"] },
      /127\.0\.0\.1:1 does not answer \(ECONNREFUSED\).*npx sluice up/,
    ],
    ["no topic", { topic: "test.none" }, /has no topic "test.none".*npx sluice up/],
  ])(
    "answers %s with one sentence, within seconds",
    async (_what, given, sentence) => {
      await expect(sendRatings({ ...fast, ...given, humans: humans(6), count: 1 })).rejects.toThrow(sentence);
    },
    10_000,
  );
});

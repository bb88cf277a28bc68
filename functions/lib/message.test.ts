import { expect, test } from "vitest";
import { encodeKafkaEvent, type KafkaRecord } from "../../events/envelope/kafka.ts";
import { encodeRabbitMQEvent } from "../../events/envelope/rabbitmq.ts";
import { readKafka, readRabbitMQ, uuidV7Time } from "./message.ts";

const record: KafkaRecord = {
  topic: "shadow-v1",
  partition: 3,
  offset: 42,
  timestamp: 1_700_000_000_000,
  timestampType: "CREATE_TIME",
  key: null,
  value: Buffer.from("x"),
  headers: [],
};

const readOne = (headers: KafkaRecord["headers"]) =>
  readKafka(encodeKafkaEvent({ bootstrapServers: "b:9092" }, [{ ...record, headers }]))[0];

test("a Kafka message is named by its position, which is its origin too", () => {
  const position = { topic: "shadow-v1", partition: 3, offset: 42 };
  expect(readOne([])).toMatchObject({
    source: "kafka:shadow-v1",
    position: "shadow-v1:3:42",
    place: { ...position, origin: position },
    sentAt: 1_700_000_000_000,
  });
});

test("the origin of a message that one of our functions produced is in its header", () => {
  expect(readOne([["sluice-origin", Buffer.from("dominate:1:7")]])?.place.origin).toEqual({
    topic: "dominate",
    partition: 1,
    offset: 7,
  });
});

test("a header that is no position leaves the place where it was read", () => {
  expect(readOne([["sluice-origin", Buffer.from("' OR 1")]])?.place.origin.topic).toBe("shadow-v1");
});

test("a RabbitMQ message without an id has no position, and the time its publisher gave", () => {
  const message = { queue: "q", vhost: "/", redelivered: false, body: Buffer.from("x") };
  const event = encodeRabbitMQEvent("arn:aws:mq:a", [
    { ...message, properties: { timestamp: 1_700_000_000 } },
    { ...message, properties: { messageId: "018bcfe5-6800-7000-8000-000000000000" } },
  ]);
  expect(readRabbitMQ(event)).toMatchObject([
    { source: "rabbitmq:q", position: "", sentAt: 1_700_000_000_000 },
    { position: "018bcfe5-6800-7000-8000-000000000000", sentAt: 1_700_000_000_000 },
  ]);
});

test("only a UUID of version 7 holds a time", () => {
  expect(uuidV7Time("018bcfe5-6800-4000-8000-000000000000")).toBeUndefined();
  expect(uuidV7Time("order-1")).toBeUndefined();
});

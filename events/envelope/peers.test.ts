import {
  KafkaMskEventSchema,
  KafkaSelfManagedEventSchema,
} from "@aws-lambda-powertools/parser/schemas/kafka";
import { describe, expect, test } from "vitest";
import { decodeKafkaEvent, encodeKafkaEvent, type KafkaRecord } from "./kafka.ts";
import { decodeRabbitMQEvent } from "./rabbitmq.ts";

const record: KafkaRecord = {
  topic: "ratings",
  partition: 3,
  offset: 41,
  timestamp: 1_700_000_000_123,
  timestampType: "CREATE_TIME",
  key: Buffer.from("k-1"),
  value: Buffer.from('{"rating":15}'),
  headers: [["origin", Buffer.from("test")]],
};

describe("events we make are read by Powertools' schemas", () => {
  const bootstrapServers = "b-1:9092,b-2:9092";
  const read = { topic: "ratings", key: "k-1", value: '{"rating":15}', headers: [{ origin: "test" }] };

  test("of self-managed Kafka", () => {
    const event = encodeKafkaEvent({ bootstrapServers }, [record, { ...record, key: null }]);
    const parsed = KafkaSelfManagedEventSchema.parse(JSON.parse(JSON.stringify(event)));
    expect(parsed.bootstrapServers).toEqual(["b-1:9092", "b-2:9092"]);
    expect(parsed.records["ratings-3"]).toMatchObject([read, { value: '{"rating":15}' }]);
  });

  test("of MSK", () => {
    const event = encodeKafkaEvent({ bootstrapServers, eventSourceArn: "arn:aws:kafka:x" }, [record]);
    const parsed = KafkaMskEventSchema.parse(JSON.parse(JSON.stringify(event)));
    expect(parsed).toMatchObject({ eventSourceArn: "arn:aws:kafka:x", records: { "ratings-3": [read] } });
  });
});

describe("what AWS's own libraries ship as samples is read by us", () => {
  test("a Kafka record without key and headers, under a key that is not its partition's", () => {
    const { topic, partition, offset, timestamp, timestampType } = record;
    const sample = { topic, partition, offset, timestamp, timestampType, value: "aGVsbG8=" };
    const event = {
      eventSource: "aws:kafka" as const,
      bootstrapServers: "b",
      records: { "ratings-03": [sample] },
    };
    expect(decodeKafkaEvent(event)).toEqual([
      { ...record, key: null, value: Buffer.from("hello"), headers: [] },
    ]);
  });

  test("a Kafka record whose header bytes are signed", () => {
    const event = encodeKafkaEvent({ bootstrapServers: "b" }, [record]);
    const [encoded] = event.records["ratings-3"] ?? [];
    Object.assign(encoded ?? {}, { headers: [{ name: [118, -36, 0, 127, -128] }] });
    expect(decodeKafkaEvent(event)[0]?.headers).toEqual([["name", Buffer.from([118, 220, 0, 127, 128])]]);
  });

  test("a RabbitMQ message with strings and a number in its headers and nulls for what was not sent", () => {
    const absent = {
      contentEncoding: null,
      correlationId: null,
      replyTo: null,
      messageId: null,
      type: null,
      appId: null,
      clusterId: null,
    };
    const headers = { first: { bytes: [97, 98] }, count: 10 };
    const given = {
      contentType: "text/plain",
      deliveryMode: 1,
      priority: 34,
      expiration: "60000",
      userId: "u",
    };
    const basicProperties = {
      ...absent,
      ...given,
      headers,
      timestamp: "Jan 1, 1970, 12:33:41 AM",
      bodySize: 2,
    };
    const message = { basicProperties, redelivered: false, data: "aGk=" };
    const event = {
      eventSource: "aws:rmq" as const,
      eventSourceArn: "arn",
      rmqMessagesByQueue: { "test::/": [message] },
    };
    expect(decodeRabbitMQEvent(event)).toEqual([
      {
        queue: "test",
        vhost: "/",
        redelivered: false,
        properties: { ...given, headers: { first: "ab", count: 10 }, timestamp: 2021 },
        body: Buffer.from("hi"),
      },
    ]);
  });
});

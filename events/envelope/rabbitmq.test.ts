import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeRabbitMQEvent,
  encodeRabbitMQEvent,
  type RabbitMQEvent,
  type RabbitMQMessage,
  rabbitMQEventBytes,
  rabbitMQMessageBytes,
} from "./rabbitmq.ts";

const seconds = fc.nat({ max: 253_402_300_799 });
const text = fc.string({ unit: "grapheme" });
const { field } = fc.letrec((tie) => ({
  field: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.constant(null),
    seconds.map((value) => ({ "!": "timestamp", value })),
    fc.array(tie("field"), { maxLength: 3 }),
    fc.dictionary(text, tie("field"), { maxKeys: 3 }),
  ),
}));
/** A table of one field named `bytes` cannot be told from a long string; publishers do not send it. */
const table = fc
  .dictionary(text, field as fc.Arbitrary<unknown>)
  .filter((headers) => !JSON.stringify(headers).includes('"bytes"'));
const octet = fc.integer({ min: 0, max: 255 });
const message: fc.Arbitrary<RabbitMQMessage> = fc.record({
  queue: fc.string({ minLength: 1 }),
  vhost: fc.constantFrom("/", "prod", "a/b"),
  redelivered: fc.boolean(),
  properties: fc.record(
    {
      contentType: text,
      contentEncoding: text,
      headers: table,
      deliveryMode: octet,
      priority: octet,
      correlationId: text,
      replyTo: text,
      expiration: text,
      messageId: text,
      timestamp: seconds,
      type: text,
      userId: text,
      appId: text,
      clusterId: text,
    },
    { requiredKeys: [] },
  ),
  body: fc.uint8Array().map((array) => Buffer.from(array)),
});
const byQueue = (messages: RabbitMQMessage[]) =>
  Map.groupBy(messages, ({ queue, vhost }) => `${queue}::${vhost}`);
const plain = (properties: RabbitMQMessage["properties"]) =>
  encodeRabbitMQEvent("arn", [
    { queue: "q", vhost: "/", redelivered: false, properties, body: Buffer.from("{}") },
  ]).rmqMessagesByQueue["q::/"]?.[0]?.basicProperties;

describe("RabbitMQ event", () => {
  test("decoding what was encoded and sent as JSON gives each queue's messages back, in order", () => {
    fc.assert(
      fc.property(fc.array(message), (messages) => {
        const sent = JSON.stringify(encodeRabbitMQEvent("arn:aws:mq:x", messages));
        expect(byQueue(decodeRabbitMQEvent(JSON.parse(sent)))).toEqual(byQueue(messages));
      }),
    );
  });

  test("looks as AWS captures show it: 15 properties, null when absent, dates as Java prints them", () => {
    const event = encodeRabbitMQEvent("arn:aws:mq:us-west-2:1:broker:b:b-1", [
      {
        queue: "pizzaQueue",
        vhost: "/",
        redelivered: true,
        properties: {
          contentType: "text/plain",
          deliveryMode: 1,
          priority: 34,
          expiration: "60000",
          timestamp: 2021,
        },
        body: Buffer.from('{"timeout":0}'),
      },
    ]);
    expect(event).toStrictEqual({
      eventSourceArn: "arn:aws:mq:us-west-2:1:broker:b:b-1",
      rmqMessagesByQueue: {
        "pizzaQueue::/": [
          {
            basicProperties: {
              contentType: "text/plain",
              contentEncoding: null,
              headers: null,
              deliveryMode: 1,
              priority: 34,
              correlationId: null,
              replyTo: null,
              expiration: "60000",
              messageId: null,
              timestamp: "Jan 1, 1970, 12:33:41 AM",
              type: null,
              userId: null,
              appId: null,
              clusterId: null,
              bodySize: 13,
            },
            redelivered: true,
            data: "eyJ0aW1lb3V0IjowfQ==",
          },
        ],
      },
      eventSource: "aws:rmq",
    });
  });

  test("header values keep their AMQP types: strings as signed bytes, tables and arrays inside", () => {
    const headers = {
      name: "völ",
      "x-death": [{ queue: "q", count: 2, time: { "!": "timestamp", value: 2021 } }],
      raw: Buffer.from([0, 200]),
      price: { "!": "decimal", value: { places: 2, digits: 1999 } },
      nothing: null,
    };
    expect(plain({ headers })?.headers).toEqual({
      name: { bytes: [118, -61, -74, 108] },
      "x-death": [{ queue: { bytes: [113] }, count: 2, time: "Jan 1, 1970, 12:33:41 AM" }],
      raw: [0, -56],
      price: 19.99,
      nothing: null,
    });
    expect(plain({ headers: {} })?.headers).toEqual({});
  });

  test("counts a message's bytes as they will be sent", () => {
    const bytes = (event: RabbitMQEvent) => Buffer.byteLength(JSON.stringify(event));
    expect(rabbitMQEventBytes("arn:ü")).toBe(bytes(encodeRabbitMQEvent("arn:ü", [])));
    fc.assert(
      fc.property(message, (one) => {
        const key = Buffer.byteLength(JSON.stringify(`${one.queue}::${one.vhost}`)) + ":[]".length;
        expect(rabbitMQEventBytes("arn") + key + rabbitMQMessageBytes(one)).toBe(
          bytes(encodeRabbitMQEvent("arn", [one])),
        );
      }),
    );
  });

  test("a timestamp beyond any date does not stop the queue", () => {
    expect(plain({ timestamp: 2 ** 53 })?.timestamp).toBe("Sep 13, 275760, 12:00:00 AM");
  });

  test("reads an event with missing fields", () => {
    const event = { rmqMessagesByQueue: { "a::b::/": [{}] } } as unknown as RabbitMQEvent;
    expect(decodeRabbitMQEvent(event)).toEqual([
      { queue: "a::b", vhost: "/", redelivered: false, properties: {}, body: Buffer.alloc(0) },
    ]);
  });

  test("says what it expected of anything else", () => {
    for (const other of [null, 7, {}, { rmqMessagesByQueue: [] }, { rmqMessagesByQueue: { q: 1 } }]) {
      expect(() => decodeRabbitMQEvent(other as unknown as RabbitMQEvent)).toThrow(
        /Not a RabbitMQ event: expected .*<queue>::<virtual host>/,
      );
    }
  });
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeRabbitMQEvent, type RabbitMQMessage } from "../../events/envelope/rabbitmq.ts";
import { eventOf, type Held, hold, messageIdOf, packedOf } from "./held-messages.ts";
import { packRabbitMQ } from "./packed-rabbitmq.ts";
import { unpack } from "./unpack.ts";

const arn = "arn:aws:mq:eu-central-1:123456789012:broker:chat:b-1";
const bytes = fc.uint8Array({ maxLength: 12 }).map((array) => Buffer.from(array));
const timestamp = fc.nat(4_102_444_800);
const field = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.boolean(),
  bytes,
  fc.constant(null),
  timestamp.map((value) => ({ "!": "timestamp", value })),
  fc.array(fc.string(), { maxLength: 2 }),
);
const properties = fc.record(
  {
    contentType: fc.string(),
    headers: fc.dictionary(fc.string(), field, { maxKeys: 3 }),
    deliveryMode: fc.constantFrom(1, 2),
    messageId: fc.string(),
    timestamp,
  },
  { requiredKeys: [] },
);
const message = fc.record({
  queue: fc.constant("chat"),
  vhost: fc.constant("/"),
  redelivered: fc.boolean(),
  properties,
  body: bytes,
}) satisfies fc.Arbitrary<RabbitMQMessage>;

test("packed messages that went to another thread make the same event", () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 20 }), (messages) => {
      const crossed = structuredClone(packRabbitMQ(arn, messages));
      expect(unpack(crossed)).toEqual(encodeRabbitMQEvent(arn, messages));
    }),
  );
});

test("messages make the same event whether they wait encoded or are packed with their batch, and weigh the same", () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 20 }), (messages) => {
      const [encoded, whole] = [false, true].map((isPacked) => messages.map((one) => hold(one, isPacked)));
      const event = eventOf(arn, "chat::/", encoded ?? []);
      expect(event).toEqual(eventOf(arn, "chat::/", whole ?? []));
      if (messages.length > 0) expect(event).toEqual(unpack(packedOf(arn, whole ?? [])));
      const weigh = (held: Held[] = []) => held.map((one) => [one.bytes, messageIdOf(one)]);
      expect(weigh(encoded)).toEqual(weigh(whole));
    }),
  );
});

test("what crosses holds the messages' bodies and not the memory they were read from", () => {
  const received = Buffer.alloc(1 << 20);
  const body = received.subarray(5, 12);
  const one: RabbitMQMessage = { queue: "chat", vhost: "/", redelivered: false, properties: {}, body };
  expect(packRabbitMQ(arn, [one]).bytes.buffer.byteLength).toBe(7);
});

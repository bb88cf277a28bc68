import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeRabbitMQEvent, type RabbitMQMessage } from "../../events/envelope/rabbitmq.ts";
import { message } from "./fixture-messages.ts";
import { packRabbitMQ } from "./packed-rabbitmq.ts";
import { unpack } from "./unpack.ts";

const arn = "arn:aws:mq:eu-central-1:123456789012:broker:chat:b-1";

test("packed messages that went to another thread make the same event", () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 20 }), (messages) => {
      const crossed = structuredClone(packRabbitMQ(arn, messages));
      expect(unpack(crossed)).toEqual(encodeRabbitMQEvent(arn, messages));
    }),
  );
});

test("what crosses holds the messages' bodies and not the memory they were read from", () => {
  const received = Buffer.alloc(1 << 20);
  const body = received.subarray(5, 12);
  const one: RabbitMQMessage = { queue: "chat", vhost: "/", redelivered: false, properties: {}, body };
  expect(packRabbitMQ(arn, [one]).bytes.buffer.byteLength).toBe(7);
});

import fc from "fast-check";
import type { RabbitMQMessage } from "../../events/envelope/rabbitmq.ts";

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
/** Any message of one queue. */
export const message = fc.record({
  queue: fc.constant("chat"),
  vhost: fc.constant("/"),
  redelivered: fc.boolean(),
  properties,
  body: bytes,
}) satisfies fc.Arbitrary<RabbitMQMessage>;

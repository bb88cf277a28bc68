import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeKafkaEvent, type KafkaRecord } from "../../events/envelope/kafka.ts";
import { packKafka } from "./packed-kafka.ts";
import { unpack } from "./unpack.ts";

const source = { bootstrapServers: "b-1.example.com:9096", eventSourceArn: "arn:aws:kafka:a" };
const bytes = fc.uint8Array({ maxLength: 12 }).map((array) => Buffer.from(array));
const record = fc.record({
  topic: fc.constant("orders"),
  partition: fc.nat(3),
  offset: fc.maxSafeNat(),
  timestamp: fc.integer({ min: -1, max: 4_102_444_800_000 }),
  timestampType: fc.constantFrom("CREATE_TIME", "LOG_APPEND_TIME"),
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.array(fc.tuple(fc.string(), bytes), { maxLength: 3 }),
}) satisfies fc.Arbitrary<KafkaRecord>;

test("packed records that went to another thread make the same event", () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 20 }), (records) => {
      expect(unpack(structuredClone(packKafka(source, records)))).toEqual(encodeKafkaEvent(source, records));
    }),
  );
});

test("what crosses holds the records' bytes, shared and not copied, and not the memory they were read from", () => {
  const fetched = Buffer.alloc(1 << 20);
  const one: KafkaRecord = {
    topic: "orders",
    partition: 0,
    offset: 0,
    timestamp: 0,
    timestampType: "CREATE_TIME",
    key: null,
    value: fetched.subarray(5, 10),
    headers: [["name", fetched.subarray(10, 12)]],
  };
  const packed = packKafka(source, [one]);
  expect(packed.bytes.buffer.byteLength).toBe(7);
  expect(structuredClone(packed).bytes.buffer).toBeInstanceOf(SharedArrayBuffer);
});

test("any other event is left as it is", () => {
  const event = { rmqMessagesByQueue: {} };
  expect(unpack(event)).toBe(event);
  expect(unpack(null)).toBe(null);
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeKafkaEvent,
  encodeKafkaEvent,
  type KafkaEvent,
  type KafkaRecord,
  kafkaEventBytes,
  kafkaRecordBytes,
} from "./kafka.ts";

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
const record: fc.Arbitrary<KafkaRecord> = fc.record({
  topic: fc.stringMatching(/^[a-zA-Z0-9._-]{1,12}$/),
  partition: fc.nat(12),
  offset: fc.oneof(fc.nat(200), fc.maxSafeNat()),
  timestamp: fc.oneof(
    fc.constantFrom(-1, 1e12 - 1, 1e12, 1e13 - 1, 1e13),
    fc.integer({ min: 946_684_800_000, max: 4_102_444_800_000 }),
    fc.maxSafeNat(),
  ),
  timestampType: fc.constantFrom("CREATE_TIME", "LOG_APPEND_TIME"),
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.array(fc.tuple(fc.oneof(fc.string(), fc.constant("__proto__"), fc.constant("7")), bytes)),
});
const byPartition = (records: KafkaRecord[]) =>
  Map.groupBy(records, ({ topic, partition }) => `${topic}-${partition}`);

describe("Kafka event", () => {
  test("decoding what was encoded and sent as JSON gives each partition's records back, in order", () => {
    fc.assert(
      fc.property(fc.array(record), (records) => {
        const sent = JSON.stringify(encodeKafkaEvent({ bootstrapServers: "b:9092" }, records));
        expect(byPartition(decodeKafkaEvent(JSON.parse(sent)))).toEqual(byPartition(records));
      }),
    );
  });

  test("looks as AWS documents it: no ARN for self-managed Kafka, signed header bytes, duplicates in order", () => {
    const event = encodeKafkaEvent({ bootstrapServers: "b-1:9092,b-2:9092" }, [
      {
        topic: "my-topic",
        partition: 0,
        offset: 15,
        timestamp: 1545084650987,
        timestampType: "CREATE_TIME",
        key: Buffer.from("recordKey"),
        value: Buffer.from("Hello, this is a test."),
        headers: [
          ["h", Buffer.from([118, 220, 0, 127, 128])],
          ["h", Buffer.alloc(0)],
        ],
      },
    ]);
    expect(JSON.parse(JSON.stringify(event))).toStrictEqual({
      eventSource: "SelfManagedKafka",
      bootstrapServers: "b-1:9092,b-2:9092",
      records: {
        "my-topic-0": [
          {
            topic: "my-topic",
            partition: 0,
            offset: 15,
            timestamp: 1545084650987,
            timestampType: "CREATE_TIME",
            key: "cmVjb3JkS2V5",
            value: "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==",
            headers: [{ h: [118, -36, 0, 127, -128] }, { h: [] }],
          },
        ],
      },
    });
  });

  test("leaves a null key and a tombstone's value out, and keeps empty ones", () => {
    const encode = (key: Buffer | null, value: Buffer | null) =>
      encodeKafkaEvent({ bootstrapServers: "b", eventSourceArn: "arn:aws:kafka:x" }, [
        {
          topic: "t",
          partition: 1,
          offset: 0,
          timestamp: 0,
          timestampType: "LOG_APPEND_TIME",
          key,
          value,
          headers: [],
        },
      ]);
    expect(encode(null, null).records["t-1"]?.[0]).not.toHaveProperty("key");
    expect(encode(null, null).records["t-1"]?.[0]).not.toHaveProperty("value");
    expect(encode(Buffer.alloc(0), Buffer.alloc(0)).records["t-1"]?.[0]).toMatchObject({
      key: "",
      value: "",
    });
    expect(encode(null, null)).toMatchObject({ eventSource: "aws:kafka", eventSourceArn: "arn:aws:kafka:x" });
  });

  test("counts a record's bytes as they will be sent", () => {
    const source = { bootstrapServers: "b:9092", eventSourceArn: "arn:aws:kafka:ü" };
    const bytes = (event: KafkaEvent) => Buffer.byteLength(JSON.stringify(event));
    expect(kafkaEventBytes(source)).toBe(bytes(encodeKafkaEvent(source, [])));
    fc.assert(
      fc.property(record, (one) => {
        const key = `"${one.topic}-${one.partition}":[]`;
        expect(kafkaEventBytes(source) + key.length + kafkaRecordBytes(one)).toBe(
          bytes(encodeKafkaEvent(source, [one])),
        );
      }),
    );
  });

  test("reads null and missing fields alike", () => {
    const position = { topic: "t", partition: 0, offset: 1, timestamp: 2 };
    const event = {
      records: { "t-0": [position, { ...position, key: null, value: null, headers: null }] },
    } as unknown as KafkaEvent;
    const absent = { ...position, timestampType: "CREATE_TIME", key: null, value: null, headers: [] };
    expect(decodeKafkaEvent(event)).toEqual([absent, absent]);
  });

  test("says what it expected of anything else", () => {
    for (const other of [
      null,
      undefined,
      7,
      {},
      { records: null },
      { records: [] },
      { records: { "t-0": {} } },
    ]) {
      expect(() => decodeKafkaEvent(other as unknown as KafkaEvent)).toThrow(
        /Not a Kafka event: expected .*<topic>-<partition>/,
      );
    }
  });
});

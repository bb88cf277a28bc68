import { openBase64 } from "./base64.ts";
import type { Span } from "./span.ts";

/**
 * The Lambda event of a `kafka` or `msk` event source mapping, both ways.
 * Wire format: https://docs.aws.amazon.com/lambda/latest/dg/with-kafka.html (and with-msk.html), and what
 * aws-lambda-go and aws-lambda-java-libs read: header bytes are signed, a null key or value is left out.
 */

/** One record as a broker holds it. */
export interface KafkaRecord {
  topic: string;
  partition: number;
  /** JSON number on the wire; exact up to 2^53 - 1. */
  offset: number;
  /** Epoch milliseconds. */
  timestamp: number;
  timestampType: "CREATE_TIME" | "LOG_APPEND_TIME";
  key: Buffer | null;
  /** `null` is a tombstone. */
  value: Buffer | null;
  /** In the broker's order, duplicates kept. */
  headers: [name: string, value: Buffer][];
}

/** Where the records were polled from. With an ARN it is an MSK cluster, without one any Kafka. */
export interface KafkaSource {
  /** Joined with `,`. */
  bootstrapServers: string;
  eventSourceArn?: string;
}

export interface KafkaEvent {
  eventSource: "aws:kafka" | "SelfManagedKafka";
  /** Absent for self-managed Kafka. */
  eventSourceArn?: string;
  bootstrapServers: string;
  /** Keyed `<topic>-<partition>`. */
  records: Record<string, KafkaEventRecord[]>;
}

export interface KafkaEventRecord {
  topic: string;
  partition: number;
  offset: number;
  timestamp: number;
  timestampType: "CREATE_TIME" | "LOG_APPEND_TIME";
  /** Base64. */
  key?: string | null;
  /** Base64. */
  value?: string | null;
  /** One single-key object a header; its bytes from -128 to 127, as Java writes them. */
  headers?: Record<string, number[] | null>[] | null;
}

/** Records of one partition must follow each other by offset, as they were polled. */
export function encodeKafkaEvent(source: KafkaSource, records: Iterable<KafkaRecord>): KafkaEvent {
  const byPartition: KafkaEvent["records"] = {};
  let last: KafkaRecord | undefined;
  let encoded: KafkaEventRecord[] = [];
  for (const record of records) {
    if (last === undefined || record.partition !== last.partition || record.topic !== last.topic) {
      const partition = `${record.topic}-${record.partition}`;
      encoded = byPartition[partition] ?? [];
      byPartition[partition] = encoded;
      last = record;
    }
    encoded.push(encodeRecord(record));
  }
  return source.eventSourceArn === undefined
    ? { eventSource: "SelfManagedKafka", bootstrapServers: source.bootstrapServers, records: byPartition }
    : {
        eventSource: "aws:kafka",
        eventSourceArn: source.eventSourceArn,
        bootstrapServers: source.bootstrapServers,
        records: byPartition,
      };
}

/** @throws TypeError when this is no Kafka event at all. */
export function decodeKafkaEvent(event: KafkaEvent): KafkaRecord[] {
  const records: KafkaRecord[] = [];
  eachKafkaRecord(event, (record, value) => records.push(decodeRecord(record, value)));
  return records;
}

/**
 * Every record of the event, partition after partition, its value decoded: those of one event lie in one buffer. A missing or
 * null key, value or header list is an absent one, as different senders of such events write them.
 * @throws TypeError when this is no Kafka event at all.
 */
export function eachKafkaRecord(
  event: KafkaEvent,
  take: (record: KafkaEventRecord, value: Span | null) => void,
): void {
  if (!isRecordMap(event?.records)) {
    throw new TypeError(
      'Not a Kafka event: expected {"eventSource": "aws:kafka" or "SelfManagedKafka", "records": {"<topic>-<partition>": [record, …]}}',
    );
  }
  const partitions = Object.values(event.records);
  const decode = openBase64(partitions.flatMap((records) => records.map(({ value }) => value)));
  for (const records of partitions) for (const record of records) take(record, decode(record.value));
}

/** UTF-8 bytes of the event without records, as JSON. */
export const kafkaEventBytes = (source: KafkaSource): number =>
  Buffer.byteLength(JSON.stringify(encodeKafkaEvent(source, [])));

/** UTF-8 bytes of one record inside the event, counted without encoding it. */
export function kafkaRecordBytes(record: KafkaRecord): number {
  let bytes = record.headers.length > 0 ? record.headers.length - 1 : 0;
  for (const [name, value] of record.headers) {
    bytes += Buffer.byteLength(JSON.stringify(name)) + "{:[]}".length + Math.max(0, value.length - 1);
    for (const byte of value) bytes += signedDigits[byte] as number;
  }
  if (record.key !== null) bytes += ',"key":""'.length + base64Length(record.key);
  if (record.value !== null) bytes += ',"value":""'.length + base64Length(record.value);
  return (
    bytes +
    '{"topic":"","partition":,"offset":,"timestamp":,"timestampType":"","headers":[]}'.length +
    record.topic.length +
    decimalLength(record.partition) +
    decimalLength(record.offset) +
    decimalLength(record.timestamp) +
    record.timestampType.length
  );
}

function isRecordMap(records: unknown): boolean {
  return (
    typeof records === "object" &&
    records !== null &&
    !Array.isArray(records) &&
    Object.values(records).every(Array.isArray)
  );
}

function encodeRecord({
  topic,
  partition,
  offset,
  timestamp,
  timestampType,
  key,
  value,
  headers,
}: KafkaRecord) {
  const encoded: KafkaEventRecord = { topic, partition, offset, timestamp, timestampType };
  if (key !== null) encoded.key = key.toString("base64");
  if (value !== null) encoded.value = value.toString("base64");
  encoded.headers = headers.map(([name, bytes]) => ({ [name]: Array.from(bytes, signed) }));
  return encoded;
}

function decodeRecord(record: KafkaEventRecord, value: Span | null): KafkaRecord {
  const { topic, partition, offset, timestamp, timestampType = "CREATE_TIME", key } = record;
  return {
    topic,
    partition,
    offset,
    timestamp,
    timestampType,
    key: typeof key === "string" ? Buffer.from(key, "base64") : null,
    value: value?.bytes() ?? null,
    headers: decodeKafkaHeaders(record),
  };
}

export const decodeKafkaHeaders = ({ headers }: KafkaEventRecord): KafkaRecord["headers"] =>
  headers && headers.length > 0 ? headers.flatMap(decodeHeader) : [];

const decodeHeader = (header: Record<string, number[] | null>): KafkaRecord["headers"] =>
  Object.entries(header).map(([name, bytes]) => [name, Buffer.from(bytes ?? [])]);

const signed = (byte: number) => (byte << 24) >> 24;

const signedDigits = Array.from({ length: 256 }, (_, byte) => String(signed(byte)).length);

const base64Length = (bytes: Buffer) => Math.ceil(bytes.length / 3) * 4;

function decimalLength(integer: number): number {
  if (integer >= 1e12 && integer < 1e13) return 13; // From 2001 to 2286: nearly every moment, and each record has one.
  if (integer < 0) return String(integer).length;
  let length = 1;
  for (let limit = 10; limit <= integer; limit *= 10) length += 1;
  return length;
}

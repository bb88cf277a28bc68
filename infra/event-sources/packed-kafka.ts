/**
 * Kafka records on their way into a worker thread, where they become an event. The structured clone between threads copies
 * a few blocks of bytes, instead of taking ten thousand records apart and putting them together again.
 */
import {
  encodeKafkaEvent,
  type KafkaEvent,
  type KafkaRecord,
  type KafkaSource,
} from "../../events/envelope/kafka.ts";

/** Lists have one item a record, in order; those of headers one item a header. */
export interface PackedKafka {
  packedKafka: KafkaSource;
  topic: string;
  partitions: Int32Array;
  offsets: Float64Array;
  timestamps: Float64Array;
  /** Bits: `appended`, `noKey`, `noValue`. */
  flags: Uint8Array;
  /** Key, value, key, value … and then the values of all headers. */
  bytes: Uint8Array;
  /** Where each key and each value ends in `bytes`. */
  ends: Uint32Array;
  headerRecords: Uint32Array;
  headerNames: string[];
  /** Where each header's value ends in `bytes`. */
  headerEnds: Uint32Array;
}

const [appended, noKey, noValue] = [1, 2, 4];

/** @param records of one topic: a mapping reads no other. */
export function packKafka(source: KafkaSource, records: KafkaRecord[]): PackedKafka {
  const headers = records.flatMap(({ headers }, record) =>
    headers.map(([name, value]) => ({ record, name, value })),
  );
  const size = (sum: number, part: Buffer | null) => sum + (part?.length ?? 0);
  const bodiesSize = records.reduce((sum, { key, value }) => size(size(sum, key), value), 0);
  // Shared, so that it is not copied on its way to the other thread; nobody writes to it afterwards.
  const bytes = Buffer.from(
    new SharedArrayBuffer(headers.reduce((sum, { value }) => size(sum, value), bodiesSize)),
  );
  let end = 0;
  const append = (part: Buffer | null) => {
    if (part !== null) end += part.copy(bytes, end);
    return end;
  };
  const packed = {
    packedKafka: source,
    topic: records[0]?.topic ?? "",
    partitions: new Int32Array(records.length),
    offsets: new Float64Array(records.length),
    timestamps: new Float64Array(records.length),
    flags: new Uint8Array(records.length),
    bytes,
    ends: new Uint32Array(2 * records.length),
  };
  let index = 0;
  for (const record of records) {
    packed.partitions[index] = record.partition;
    packed.offsets[index] = record.offset;
    packed.timestamps[index] = record.timestamp;
    packed.flags[index] = flagsOf(record);
    packed.ends[2 * index] = append(record.key);
    packed.ends[2 * index + 1] = append(record.value);
    index += 1;
  }
  return {
    ...packed,
    headerRecords: Uint32Array.from(headers, ({ record }) => record),
    headerNames: headers.map(({ name }) => name),
    headerEnds: Uint32Array.from(headers, ({ value }) => append(value)),
  };
}

const flagsOf = ({ timestampType, key, value }: KafkaRecord): number =>
  (timestampType === "LOG_APPEND_TIME" ? appended : 0) |
  (key === null ? noKey : 0) |
  (value === null ? noValue : 0);

export const isPackedKafka = (event: unknown): event is PackedKafka =>
  typeof event === "object" && event !== null && "packedKafka" in event;

export const unpackKafka = (packed: PackedKafka): KafkaEvent =>
  encodeKafkaEvent(packed.packedKafka, recordsOf(packed));

function* recordsOf(packed: PackedKafka): Generator<KafkaRecord> {
  const { topic, partitions, offsets, timestamps, flags, ends, headerRecords, headerNames, headerEnds } =
    packed;
  const bytes = Buffer.from(packed.bytes.buffer, packed.bytes.byteOffset, packed.bytes.length);
  let [start, header, headerStart] = [0, 0, ends.at(-1) ?? 0];
  for (const [index, flag] of flags.entries()) {
    const [keyEnd, valueEnd] = [ends[2 * index] as number, ends[2 * index + 1] as number];
    const headers: KafkaRecord["headers"] = [];
    for (; headerRecords[header] === index; headerStart = headerEnds[header++] as number)
      headers.push([headerNames[header] as string, bytes.subarray(headerStart, headerEnds[header])]);
    yield {
      topic,
      partition: partitions[index] as number,
      offset: offsets[index] as number,
      timestamp: timestamps[index] as number,
      timestampType: flag & appended ? "LOG_APPEND_TIME" : "CREATE_TIME",
      key: flag & noKey ? null : bytes.subarray(start, keyEnd),
      value: flag & noValue ? null : bytes.subarray(keyEnd, valueEnd),
      headers,
    };
    start = valueEnd;
  }
}

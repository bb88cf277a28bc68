import type { Consumer } from "@platformatic/kafka";
import type { KafkaRecord } from "../../events/envelope/kafka.ts";
import type { Read } from "./batching.ts";

/** What one fetch request brought. */
export type FetchResponse = Awaited<ReturnType<Consumer["fetch"]>>;

/** What it brought of one partition. */
export type Fetched = FetchResponse["responses"][number]["partitions"][number];

const logAppendTime = 1 << 3;
const control = 1 << 5;

/** Most records have no headers: they share these. */
const none: KafkaRecord["headers"] = [];

const nameHeader = ([name, bytes]: [Buffer | null, Buffer | null]): KafkaRecord["headers"][number] => [
  String(name),
  bytes ?? Buffer.alloc(0),
];

/** What a fetch brought of one partition, from `position` on; a record batch may begin before it. */
export function* readRecords(
  topic: string,
  { partitionIndex: partition, records: batches }: Fetched,
  position: number,
): Generator<Read<KafkaRecord>> {
  for (const batch of batches ?? []) {
    const firstOffset = Number(batch.firstOffset);
    const end = firstOffset + batch.lastOffsetDelta + 1;
    if (end <= position) continue;
    if ((batch.attributes & control) === 0) {
      const appended = (batch.attributes & logAppendTime) !== 0;
      const timestampType = appended ? "LOG_APPEND_TIME" : "CREATE_TIME";
      const [first, last] = [Number(batch.firstTimestamp), Number(batch.maxTimestamp)];
      for (const { offsetDelta, timestampDelta, key, value, headers } of batch.records) {
        const offset = firstOffset + offsetDelta;
        if (offset < position) continue;
        const timestamp = appended ? last : first + Number(timestampDelta);
        const named = headers.length === 0 ? none : headers.map(nameHeader);
        yield {
          record: { topic, partition, offset, timestamp, timestampType, key, value, headers: named },
          next: offset + 1,
        };
      }
    }
    // Compaction may have taken the last records of a batch, transactions end in records nobody sees.
    yield { record: null, next: end };
  }
}

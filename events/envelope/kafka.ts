/**
 * The Lambda event of a `kafka` or `msk` event source mapping, both ways.
 * Wire format: https://docs.aws.amazon.com/lambda/latest/dg/with-kafka.html
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

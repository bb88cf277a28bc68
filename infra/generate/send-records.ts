import { withGrace } from "./grace.ts";
import { explainKafka, openProducer } from "./kafka.ts";
import { pace } from "./pace.ts";

export interface SendRecords<Item> {
  brokers: string[];
  topic: string;
  items: Iterator<Item, never>;
  record(item: Item): { key: string; value: Buffer };
  /** At most so many go at once: they have to fit one request of Kafka's default 1 MiB a partition. */
  most: number;
  /** Items per second; `Infinity` is as fast as the broker acknowledges. */
  rate: number;
  /** `Infinity` goes on until the signal aborts. */
  count: number;
  signal: AbortSignal;
  onSent?: (items: Item[]) => void;
  onProgress?: (acknowledged: number) => void;
  onNotice?: (text: string) => void;
}

export interface SentRecords {
  sent: number;
  /** Written, but not acknowledged before an aborted run had to end. */
  unconfirmed: number;
}

/** Sends until `count` or the abort. What counts as sent is on every in-sync replica. */
export async function sendRecords<Item>(options: SendRecords<Item>): Promise<SentRecords> {
  const { brokers, topic, items, record, most, rate, count, signal, onSent, onProgress, onNotice } = options;
  const producer = await openProducer(brokers, topic);
  let [sent, unconfirmed] = [0, 0];
  const produce = async () => {
    for await (const due of pace({ rate, count, most, gap: 10, signal })) {
      const batch = Array.from({ length: due }, () => items.next().value);
      unconfirmed = due;
      const waiting = setTimeout(
        () => onNotice?.(`Kafka at ${brokers} does not answer; waiting a minute.`),
        3000,
      );
      const messages = batch.map(record);
      await producer.send({ topic, messages, acks: -1 }).finally(() => clearTimeout(waiting));
      [sent, unconfirmed] = [sent + due, 0];
      onSent?.(batch);
      onProgress?.(sent);
    }
  };
  try {
    await withGrace(signal, produce());
    return { sent, unconfirmed };
  } catch (error) {
    throw explainKafka(error, brokers, topic);
  } finally {
    await producer.disconnect();
  }
}

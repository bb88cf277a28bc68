import { categories, classify, type Rating, rating } from "../../events/rating.ts";
import { withGrace } from "./grace.ts";
import { explainKafka, openProducer, ratingsTopic } from "./kafka.ts";
import { pace } from "./pace.ts";

export interface SendRatings {
  brokers: string[];
  /** Default: `dominate`. */
  topic?: string;
  humans: Iterator<Rating, never>;
  /** Ratings per second; `Infinity` is as fast as the broker acknowledges. */
  rate: number;
  /** `Infinity` goes on until the signal aborts. */
  count: number;
  signal: AbortSignal;
  onProgress?: (acknowledged: number) => void;
  onNotice?: (text: string) => void;
}

export interface SentRatings {
  sent: number;
  /** Written, but not acknowledged before an aborted run had to end. */
  unconfirmed: number;
  /** What the classification will make of those that were sent. */
  types: Record<(typeof categories)[number]["name"], number>;
}

/** So many fit one request of Kafka's default 1 MiB a partition, even if all have the same key. */
const mostAtOnce = 5000;

/** Sends until `count` or the abort. What counts as sent is on every in-sync replica. */
export async function sendRatings(options: SendRatings): Promise<SentRatings> {
  const { brokers, topic = ratingsTopic, humans, rate, count, signal, onProgress, onNotice } = options;
  const producer = await openProducer(brokers, topic);
  const types = Object.fromEntries(categories.map(({ name }) => [name, 0])) as SentRatings["types"];
  let [sent, unconfirmed] = [0, 0];
  const produce = async () => {
    for await (const due of pace({ rate, count, most: mostAtOnce, gap: 10, signal })) {
      const batch = Array.from({ length: due }, () => humans.next().value);
      const messages = batch.map((human) => ({ key: human.unique_id, value: rating.encode(human) }));
      unconfirmed = due;
      const waiting = setTimeout(
        () => onNotice?.(`Kafka at ${brokers} does not answer; waiting a minute.`),
        3000,
      );
      await producer.send({ topic, messages, acks: -1 }).finally(() => clearTimeout(waiting));
      [sent, unconfirmed] = [sent + due, 0];
      for (const human of batch) types[classify(human.rating).name]++;
      onProgress?.(sent);
    }
  };
  try {
    await withGrace(signal, produce());
    return { sent, unconfirmed, types };
  } catch (error) {
    throw explainKafka(error, brokers, topic);
  } finally {
    await producer.disconnect();
  }
}

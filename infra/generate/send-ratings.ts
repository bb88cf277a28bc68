import { categories, classify, type Rating, rating } from "../../events/rating.ts";
import { explainKafka, openProducer, ratingsTopic } from "./kafka.ts";
import { pace } from "./pace.ts";

export interface SendRatings {
  brokers: string[];
  humans: Iterator<Rating>;
  /** Ratings per second; `Infinity` is as fast as the broker acknowledges. */
  rate: number;
  /** `Infinity` goes on until the signal aborts. */
  count: number;
  signal: AbortSignal;
  onProgress?: (acknowledged: number) => void;
}

export interface SentRatings {
  sent: number;
  /** What the classification will make of them. */
  types: Record<(typeof categories)[number]["name"], number>;
}

/** Sends until `count` or the abort. What is counted is on every in-sync replica. */
export async function sendRatings(options: SendRatings): Promise<SentRatings> {
  const { brokers, humans, rate, count, signal, onProgress } = options;
  const producer = await openProducer(brokers, ratingsTopic);
  let sent = 0;
  const types = Object.fromEntries(categories.map(({ name }) => [name, 0])) as SentRatings["types"];
  try {
    for await (const due of pace({ rate, count, most: 5000, gap: 10, signal })) {
      const batch = Array.from({ length: due }, () => humans.next().value as Rating);
      const messages = batch.map((human) => ({ key: human.unique_id, value: rating.encode(human) }));
      await producer.send({ topic: ratingsTopic, messages, acks: -1 });
      sent += due;
      for (const human of batch) types[classify(human.rating).name]++;
      onProgress?.(sent);
    }
    return { sent, types };
  } catch (error) {
    throw explainKafka(error, brokers, ratingsTopic);
  } finally {
    await producer.disconnect();
  }
}

import { categories, classify, type Rating, rating } from "../../events/rating.ts";
import { ratingsTopic } from "./kafka.ts";
import { type SendRecords, type SentRecords, sendRecords } from "./send-records.ts";

export interface SendRatings
  extends Omit<SendRecords<Rating>, "topic" | "items" | "record" | "most" | "onSent"> {
  /** Default: `dominate`. */
  topic?: string;
  humans: Iterator<Rating, never>;
}

export interface SentRatings extends SentRecords {
  /** What the classification will make of those that were sent. */
  types: Record<(typeof categories)[number]["name"], number>;
}

/** Sends until `count` or the abort. What counts as sent is on every in-sync replica. */
export async function sendRatings({
  topic = ratingsTopic,
  humans,
  ...options
}: SendRatings): Promise<SentRatings> {
  const types = Object.fromEntries(categories.map(({ name }) => [name, 0])) as SentRatings["types"];
  const outcome = await sendRecords({
    ...options,
    topic,
    items: humans,
    record: (human) => ({ key: human.unique_id, value: rating.encode(human) }),
    most: 5000,
    onSent(batch) {
      for (const human of batch) types[classify(human.rating).name]++;
    },
  });
  return { ...outcome, types };
}

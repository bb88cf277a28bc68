import { v4 } from "uuid";
import { type Category, classify, type Rating } from "../../events/rating.ts";
import { createRandom } from "./random.ts";

/** Endless random humans with ratings from 1 to 100; the same seed gives the same humans, ids included. */
export function* humans(seed: number): Generator<Rating, never> {
  const random = createRandom(seed);
  const bytes = new Uint8Array(16);
  for (;;) {
    const rating = 1 + random(100);
    for (let i = 0; i < bytes.length; i++) bytes[i] = random(256);
    yield { rating, unique_id: v4({ random: bytes }) };
  }
}

export interface ClassifiedHuman {
  human: number;
  type: Category["type"];
  name: Category["name"];
}

/** The algorithm on its own: the type of every human from 1 to `to`. */
export function classifyAll(to: number): ClassifiedHuman[] {
  return Array.from({ length: to }, (_, index) => {
    const { type, name } = classify(index + 1);
    return { human: index + 1, type, name };
  });
}

/** One line per human: number, type, name (`  15  15 ShaDow`), the numbers right-aligned. */
export function renderHumans(list: ClassifiedHuman[]): string {
  const width = String(list.length).length;
  return list
    .map(({ human, type, name }) => `${String(human).padStart(width)}  ${String(type).padStart(2)} ${name}\n`)
    .join("");
}

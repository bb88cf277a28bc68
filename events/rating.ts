import * as z from "zod";
import { defineJsonContract, identifier } from "./contract.ts";

/** A human rated from 1 to 100, as published to the topic `dominate`. */
export const rating = defineJsonContract(
  "rating",
  z.object({ rating: z.int().min(1).max(100), unique_id: identifier }),
);

export type Rating = z.output<typeof rating.schema>;

/**
 * The types a human can have, the most demanding first: a multiple of 15 is one of 3 and of 5 too.
 * `type` travels on the topic `shadow`, `name` is what the table holds.
 */
export const categories = [
  { divisor: 15, type: 15, name: "ShaDow" },
  { divisor: 3, type: 3, name: "Sha" },
  { divisor: 5, type: 5, name: "Dow" },
  { divisor: 1, type: 0, name: "Incompatible" },
] as const;

export type Category = (typeof categories)[number];

/** The first category whose divisor divides the rating. Zero has none of its own: `rating` refuses it before. */
export function classify(value: number): Category {
  const category = categories.find(({ divisor }) => value % divisor === 0);
  if (!category) throw new RangeError(`${value} is not a whole number`);
  return category;
}

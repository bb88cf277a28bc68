/** Uniform whole numbers from 0 up to, not including, `below` (at most 2 ** 32). */
export type Random = (below: number) => number;

/**
 * Mulberry32: the same seed gives the same numbers on every machine, which is all a generator of test data needs.
 * Not for secrets.
 */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** A seed to print, so that a run without one can be repeated. */
export const anySeed = () => Math.floor(Math.random() * 2 ** 32);

/** One of the items, by weight. */
export function pick<Item extends { weight: number }>(random: Random, items: readonly Item[]): Item {
  let left = random(items.reduce((sum, { weight }) => sum + weight, 0));
  for (const item of items) {
    left -= item.weight;
    if (left < 0) return item;
  }
  throw new RangeError("nothing to pick from");
}

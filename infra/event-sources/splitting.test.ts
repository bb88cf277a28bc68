import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Batch, chain } from "./batching.ts";
import { countRecords, halve, narrow } from "./splitting.ts";

/** Offsets as records; `next` is one further than the last, as if a filtered record had followed. */
const batchOf = (offsets: Record<string, number[]>): Batch<number> => ({
  parts: new Map(
    Object.entries(offsets).map(([key, records]) => [
      key,
      { records, ends: records.map((offset) => offset + 1), next: (records.at(-1) ?? 0) + 2, lost: false },
    ]),
  ),
  failures: 3,
});
const shape = (batch: Batch<number>) =>
  Object.fromEntries(Array.from(batch.parts, ([key, { records, next }]) => [key, [records, next]]));

describe("halving", () => {
  test("gives the first half first, and settles as far as it goes", () => {
    const first = halve(batchOf({ a: [1, 2, 3], b: [7, 8] }));
    expect(shape(first)).toEqual({ a: [[1, 2, 3], 5] });
    expect(shape(first.rest as Batch<number>)).toEqual({ b: [[7, 8], 10] });
    const inside = halve(batchOf({ a: [1, 2, 3, 4] }));
    expect(shape(inside)).toEqual({ a: [[1, 2], 3] });
    expect(shape(inside.rest as Batch<number>)).toEqual({ a: [[3, 4], 6] });
  });

  test("again keeps the other half for later", () => {
    const quarter = halve(halve(batchOf({ a: [1, 2, 3, 4] })));
    expect(chain(quarter).map(shape)).toEqual([{ a: [[1], 2] }, { a: [[2], 3] }, { a: [[3, 4], 6] }]);
  });
});

describe("narrowing", () => {
  test("passes what is before the first that is left, and whole partitions without any", () => {
    const { passed, left } = narrow(
      batchOf({ a: [1, 2, 3, 4, 5], b: [7] }),
      (key, offset) => key === "a" && [3, 5].includes(offset),
    );
    expect(Object.fromEntries(passed)).toEqual({ a: 3, b: 9 });
    expect(shape(left)).toEqual({ a: [[3, 5], 7] });
    expect(left.failures).toBe(3);
  });

  test("again passes what was done in between", () => {
    const first = narrow(batchOf({ a: [1, 2, 3, 4, 5] }), (_, offset) => [2, 5].includes(offset)).left;
    const second = narrow(first, (_, offset) => offset === 5);
    expect(Object.fromEntries(second.passed)).toEqual({ a: 5 });
    expect(shape(second.left)).toEqual({ a: [[5], 7] });
  });
});

test("halving until nothing can be halved keeps every record once, in order, and ends where the batch ends", () => {
  const offsets = fc
    .uniqueArray(fc.nat(1000), { minLength: 1, maxLength: 20 })
    .map((list) => list.sort((a, b) => a - b));
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom("a", "b", "c"), offsets, { minKeys: 1 }), (parts) => {
      const whole = batchOf(parts);
      const done: Record<string, number[]> = {};
      const ends: Record<string, number> = {};
      for (let batch: Batch<number> | undefined = whole; batch !== undefined; ) {
        if (countRecords(batch) > 1) {
          batch = halve(batch);
          continue;
        }
        for (const [key, { records, next }] of batch.parts) {
          expect(next).toBeGreaterThan(ends[key] ?? -1);
          ends[key] = next;
          done[key] = [...(done[key] ?? []), ...records];
        }
        batch = batch.rest;
      }
      expect(done).toEqual(parts);
      expect(ends).toEqual(Object.fromEntries(Array.from(whole.parts, ([key, { next }]) => [key, next])));
    }),
  );
});

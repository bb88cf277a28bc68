import type { Batch, Part } from "./batching.ts";

/** Two batches, the second waiting for the first, with half of the records each. For a batch of at least two. */
export function halve<T>(batch: Batch<T>): Batch<T> {
  const count = countRecords(batch);
  const first: Batch<T> = { ...batch, parts: new Map() };
  // What already followed the batch follows its second half.
  const second: Batch<T> = { ...batch, parts: new Map() };
  let room = Math.ceil(count / 2);
  for (const [key, part] of batch.parts) {
    const { records, ends, next } = part;
    const taken = Math.min(room, records.length);
    room -= taken;
    if (taken === records.length) first.parts.set(key, part);
    else if (taken === 0) second.parts.set(key, part);
    else {
      const end = ends[taken - 1] as number;
      first.parts.set(key, {
        ...part,
        records: records.slice(0, taken),
        ends: ends.slice(0, taken),
        next: end,
      });
      second.parts.set(key, { ...part, records: records.slice(taken), ends: ends.slice(taken), next });
    }
  }
  return { ...first, rest: second };
}

/**
 * What is left of a batch when only some records have to come again.
 * @returns `passed`: for each partition that got on, the position up to which everything is done.
 */
export function narrow<T>(
  batch: Batch<T>,
  isLeft: (key: string, record: T) => boolean,
): { passed: Map<string, number>; left: Batch<T> } {
  const passed = new Map<string, number>();
  const parts = new Map<string, Part<T>>();
  for (const [key, part] of batch.parts) {
    const indices = part.records.flatMap((record, index) => (isLeft(key, record) ? [index] : []));
    const [first] = indices;
    if (first === undefined) {
      passed.set(key, part.next);
      continue;
    }
    if (first > 0) passed.set(key, part.ends[first - 1] as number);
    // What lies between two of them is done: reading goes on at the second one.
    const ends = indices.map((_, nth) => part.ends[(indices[nth + 1] ?? Number.NaN) - 1] ?? part.next);
    parts.set(key, { ...part, records: indices.map((index) => part.records[index] as T), ends });
  }
  return { passed, left: { ...batch, parts } };
}

export function countRecords({ parts }: Batch<unknown>): number {
  let count = 0;
  for (const { records } of parts.values()) count += records.length;
  return count;
}

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Batch, Batching, type Limits, type Read } from "./batching.ts";

/** Records are strings, and as large as they are long; the event around them is `{}` and `"key":[]`. */
const measure = {
  event: 2,
  partition: (key: string) => JSON.stringify(key).length + 3,
  record: (record: string) => JSON.stringify(record).length,
};
const asEvent = ({ parts }: Batch<string>) =>
  JSON.stringify(Object.fromEntries(Array.from(parts, ([key, { records }]) => [key, records])));

const create = (limits: Partial<Limits> = {}) =>
  new Batching<string>({ records: 3, window: 500, bytes: 1000, ...limits }, measure);
const reads = (...records: (string | null)[]): Read<string>[] =>
  records.map((record, index) => ({ record, next: index + 1 }));
const take = (batching: Batching<string>, now: number) => {
  const taken = batching.take(now);
  return "batch" in taken ? taken.batch : undefined;
};
const recordsOf = (batch: Batch<string> | undefined) =>
  batch && Object.fromEntries(Array.from(batch.parts, ([key, { records }]) => [key, records]));

describe("a batch closes", () => {
  test("when it is full, and leaves the rest", () => {
    const batching = create();
    batching.push("p-0", reads("a", "b", "c", "d"), 0);
    expect(recordsOf(take(batching, 0))).toEqual({ "p-0": ["a", "b", "c"] });
  });

  test("when its window has passed since the first record, not before and not since the last", () => {
    const batching = create();
    batching.push("p-0", reads("a"), 1000);
    batching.push("p-0", reads("b"), 1400);
    expect(batching.take(1499)).toEqual({ wait: 1 });
    expect(recordsOf(take(batching, 1500))).toEqual({ "p-0": ["a", "b"] });
  });

  test("at once with a window of 0", () => {
    const batching = create({ window: 0 });
    batching.push("p-0", reads("a"), 7);
    expect(recordsOf(take(batching, 7))).toEqual({ "p-0": ["a"] });
  });

  test("before its event would be larger than allowed, to the byte", () => {
    const whole = JSON.stringify({ "p-0": ["aaaa", "bbbb"] }).length;
    const fits = create({ bytes: whole });
    fits.push("p-0", reads("aaaa", "bbbb"), 0);
    expect(recordsOf(take(fits, 0))).toEqual({ "p-0": ["aaaa", "bbbb"] });
    const tooSmall = create({ bytes: whole - 1 });
    tooSmall.push("p-0", reads("aaaa", "bbbb"), 0);
    expect(recordsOf(take(tooSmall, 0))).toEqual({ "p-0": ["aaaa"] });
  });

  test("with records of several idle partitions, those that wait longest first", () => {
    const batching = create();
    batching.push("p-1", reads("b1", "b2"), 10);
    batching.push("p-0", reads("a1", "a2"), 20);
    expect(recordsOf(take(batching, 20))).toEqual({ "p-1": ["b1", "b2"], "p-0": ["a1"] });
  });
});

describe("a partition in flight", () => {
  test("is in no other batch until it is released", () => {
    const batching = create();
    batching.push("p-0", reads("a", "b", "c", "d"), 0);
    const first = take(batching, 0) as Batch<string>;
    batching.push("p-1", reads("x"), 0);
    expect(recordsOf(take(batching, 500))).toEqual({ "p-1": ["x"] });
    expect(batching.take(10_000)).toEqual({ wait: Number.POSITIVE_INFINITY });
    batching.release(first, 10_000);
    expect(recordsOf(take(batching, 10_000))).toEqual({ "p-0": ["d"] });
  });

  test("comes again as the same batch when its retry is due, while others go on", () => {
    const batching = create();
    batching.push("p-0", reads("a", "b", "c", "d"), 0);
    const failed = take(batching, 0) as Batch<string>;
    batching.retry(failed, 800);
    expect(batching.take(100)).toEqual({ wait: 700 });
    batching.push("p-1", reads("x"), 100);
    expect(recordsOf(take(batching, 600))).toEqual({ "p-1": ["x"] });
    expect(take(batching, 800)).toBe(failed);
  });

  test("whose retry is hurried is due at once", () => {
    const batching = create();
    batching.push("p-0", reads("a"), 0);
    const failed = take(batching, 500) as Batch<string>;
    batching.retryNow(500);
    expect(take(batching, 500)).toBeUndefined();
    batching.retry(failed, 30_000);
    batching.retryNow(600);
    expect(take(batching, 600)).toBe(failed);
  });

  test("that was lost is marked so, and left out of the retry", () => {
    const batching = create();
    batching.push("p-0", reads("a"), 0);
    batching.push("p-1", reads("b", "c"), 0);
    const batch = take(batching, 0) as Batch<string>;
    batching.drop("p-0");
    expect(batch.parts.get("p-0")?.lost).toBe(true);
    batching.push("p-0", reads("a"), 0);
    expect(batching.take(5000)).toEqual({ wait: Number.POSITIVE_INFINITY });
    batching.retry(batch, 5000);
    expect(recordsOf(take(batching, 5000))).toEqual({ "p-1": ["b", "c"] });
    expect(recordsOf(take(batching, 5000))).toEqual({ "p-0": ["a"] });
  });

  test("that is lost while its batch waits for the retry is free at once", () => {
    const batching = create();
    batching.push("p-0", reads("a"), 0);
    batching.retry(take(batching, 500) as Batch<string>, 30_000);
    batching.drop("p-0");
    batching.push("p-0", reads("z"), 600);
    expect(recordsOf(take(batching, 1100))).toEqual({ "p-0": ["z"] });
  });
});

describe("a batch that was split", () => {
  const partOf = (record: string, next: number) => ({ records: [record], ends: [next], next, lost: false });
  const split = () => {
    const batching = create();
    batching.push("p-0", reads("a", "b"), 0);
    batching.push("p-1", reads("x"), 0);
    const whole = take(batching, 0) as Batch<string>;
    const second: Batch<string> = {
      parts: new Map([
        ["p-0", partOf("b", 2)],
        ["p-1", partOf("x", 1)],
      ]),
      failures: 0,
    };
    const first: Batch<string> = { parts: new Map([["p-0", partOf("a", 1)]]), failures: 0, rest: second };
    batching.push("p-0", reads("z"), 0);
    batching.push("p-1", reads("z"), 0);
    return { batching, whole, first, second };
  };

  test("comes in its order, and blocks all its partitions until the end", () => {
    const { batching, whole, first, second } = split();
    batching.replace(whole, first, 200);
    expect(batching.take(100)).toEqual({ wait: 100 });
    expect(take(batching, 200)).toBe(first);
    expect(batching.take(9000)).toEqual({ wait: Number.POSITIVE_INFINITY });
    batching.release(first, 9000);
    expect(take(batching, 9000)).toBe(second);
    batching.release(second, 9000);
    expect(recordsOf(take(batching, 9000))).toEqual({ "p-0": ["z"], "p-1": ["z"] });
  });

  test("loses a partition in every part of it, and skips what is empty then", () => {
    const { batching, whole, first, second } = split();
    batching.replace(whole, first, 200);
    batching.drop("p-0");
    expect(take(batching, 200)).toBe(second);
    expect(recordsOf(second)).toEqual({ "p-1": ["x"] });
  });

  test("loses a partition while its first half is in flight", () => {
    const { batching, whole, first, second } = split();
    batching.replace(whole, first, 0);
    take(batching, 0);
    batching.drop("p-0");
    batching.push("p-0", reads("a"), 0);
    expect(batching.take(9000)).toEqual({ wait: Number.POSITIVE_INFINITY });
    batching.release(first, 9000);
    expect(take(batching, 9000)).toBe(second);
    expect(recordsOf(second)).toEqual({ "p-1": ["x"] });
    expect(recordsOf(take(batching, 9000))).toEqual({ "p-0": ["a"] });
  });
});

describe("positions without a record", () => {
  test("are settled with the record before them", () => {
    const batching = create();
    batching.push("p-0", reads("a", null, null, "d"), 0);
    expect(take(batching, 500)?.parts.get("p-0")).toEqual({
      records: ["a", "d"],
      ends: [3, 4],
      next: 4,
      lost: false,
    });
    const short = create({ records: 1 });
    short.push("p-0", reads("a", null, null, "d"), 0);
    expect(take(short, 0)?.parts.get("p-0")).toEqual({ records: ["a"], ends: [3], next: 3, lost: false });
  });

  test("make a batch without records when there is nothing else", () => {
    const batching = create();
    batching.push("p-0", reads(null, null), 0);
    expect(take(batching, 500)?.parts.get("p-0")).toEqual({ records: [], ends: [], next: 2, lost: false });
  });

  test("are also those of a record that is alone too large", () => {
    const batching = create({ bytes: 20 });
    expect(batching.push("p-0", reads("a", "too large for this", "b"), 0)).toEqual(["too large for this"]);
    expect(recordsOf(take(batching, 500))).toEqual({ "p-0": ["a", "b"] });
  });
});

describe("beside a batch in flight", () => {
  const beside = (batching: Batching<string>) => {
    const taken = batching.takeBeside();
    return "batch" in taken ? recordsOf(taken.batch) : taken.wait;
  };

  test("another goes when it is full, of other partitions", () => {
    const batching = create();
    batching.push("p-0", reads("a", "b", "c", "d", "e", "f"), 0);
    batching.push("p-1", reads("g", "h", "i"), 0);
    expect(beside(batching)).toBe(Number.POSITIVE_INFINITY);
    const first = take(batching, 0);
    expect(recordsOf(first)).toEqual({ "p-0": ["a", "b", "c"] });
    expect(beside(batching)).toEqual({ "p-1": ["g", "h", "i"] });
  });

  test("none goes for its window alone, nor when the first is settled or waits for its retry", () => {
    const batching = create({ window: 0 });
    batching.push("p-0", reads("a", "b", "c"), 0);
    const first = take(batching, 0) as Batch<string>;
    batching.push("p-1", reads("d", "e"), 0);
    expect(beside(batching)).toBe(Number.POSITIVE_INFINITY);
    batching.push("p-1", reads("f"), 0);
    batching.retry(first, 1000);
    expect(beside(batching)).toBe(Number.POSITIVE_INFINITY);
  });
});

test("there is room until two batches wait", () => {
  const batching = create();
  batching.push("p-0", reads("a", "b", "c", "d", "e"), 0);
  expect(batching.hasRoom("p-0")).toBe(true);
  batching.push("p-0", reads("f"), 0);
  expect(batching.hasRoom("p-0")).toBe(false);
  take(batching, 0);
  expect(batching.hasRoom("p-0")).toBe(true);
  const byBytes = create({ bytes: 30, records: 100 });
  byBytes.push("p-0", reads("x".repeat(15), "x".repeat(15), "x".repeat(15), "x".repeat(15)), 0);
  expect(byBytes.hasRoom("p-0")).toBe(false);
});

test("whatever arrives and however it fails: no event too large, each partition in order, once, one at a time", () => {
  const step = fc.oneof(
    fc.record({ push: fc.nat(3), lengths: fc.array(fc.nat(30), { minLength: 1, maxLength: 8 }) }),
    fc.record({ take: fc.nat(400), beside: fc.boolean() }),
    fc.record({ settle: fc.nat(3), fails: fc.boolean() }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const limits = { records: 4, window: 300, bytes: 90 };
      const batching = create(limits);
      const pushed = new Map<string, string[]>();
      const settled = new Map<string, string[]>();
      const inFlight: Batch<string>[] = [];
      let now = 0;
      const receive = (beside: boolean) => {
        const taken = beside ? batching.takeBeside() : batching.take(now);
        if (!("batch" in taken)) return;
        const { batch } = taken;
        expect(asEvent(batch).length).toBeLessThanOrEqual(limits.bytes);
        expect([...batch.parts.values()].flatMap(({ records }) => records).length).toBeLessThanOrEqual(
          limits.records,
        );
        for (const key of batch.parts.keys()) {
          expect(inFlight.some(({ parts }) => parts.has(key))).toBe(false);
        }
        inFlight.push(batch);
      };
      const settle = (index: number, fails: boolean) => {
        const [batch] = inFlight.splice(index % (inFlight.length || 1), 1);
        if (batch === undefined) return;
        if (fails) batching.retry(batch, now + 200);
        else {
          for (const [key, { records }] of batch.parts)
            settled.set(key, [...(settled.get(key) ?? []), ...records]);
          batching.release(batch, now);
        }
      };
      for (const step of steps) {
        if ("push" in step) {
          const key = `p-${step.push}`;
          const known = pushed.get(key) ?? [];
          const records = step.lengths.map((length, index) => `${known.length + index}`.padEnd(length, "."));
          batching.push(key, reads(...records), now);
          pushed.set(key, [...known, ...records]);
        } else if ("take" in step) {
          now += step.take;
          receive(step.beside);
        } else settle(step.settle, step.fails);
      }
      for (let round = 0; round < 500; round += 1) {
        now += 500;
        receive(false);
        settle(0, false);
      }
      expect(settled).toEqual(pushed);
    }),
  );
});

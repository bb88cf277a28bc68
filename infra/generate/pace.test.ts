import { describe, expect, it } from "vitest";
import { type Clock, type Pace, pace } from "./pace.ts";

/** Time that passes only by sleeping, each sleep `late` milliseconds longer than asked, and by what the test adds. */
function fakeClock(late = 0) {
  const clock: Clock & { time: number } = {
    time: 0,
    now: () => clock.time,
    async sleep(milliseconds: number) {
      clock.time += milliseconds + late;
    },
  };
  return clock;
}

async function run(options: Partial<Pace> & { rate: number; clock: Clock }) {
  const yields: { at: number; items: number }[] = [];
  const controller = new AbortController();
  for await (const items of pace({ count: 100, most: 50, signal: controller.signal, ...options }))
    yields.push({ at: options.clock.now(), items });
  return yields;
}

const total = (yields: { items: number }[]) => yields.reduce((sum, { items }) => sum + items, 0);

describe("pace", () => {
  it("yields one item at a time, evenly, the first at once", async () => {
    const yields = await run({ rate: 5, count: 4, clock: fakeClock() });
    expect(yields).toEqual([0, 200, 400, 600].map((at) => ({ at, items: 1 })));
  });

  it("keeps rates below one per second", async () => {
    const yields = await run({ rate: 0.5, count: 3, clock: fakeClock() });
    expect(yields.map(({ at }) => at)).toEqual([0, 2000, 4000]);
  });

  it("does not let late timers add up to a lower rate", async () => {
    const clock = fakeClock(3);
    const yields = await run({ rate: 1000, count: 10_000, clock });
    expect(total(yields)).toBe(10_000);
    expect(clock.now()).toBeGreaterThanOrEqual(9999);
    expect(clock.now()).toBeLessThan(10_010);
  });

  it("gathers a batch per gap, and no more at once than the most", async () => {
    const yields = await run({ rate: 10_000, count: 1000, most: 150, gap: 10, clock: fakeClock() });
    expect(yields.slice(1, 4).map(({ items }) => items)).toEqual([100, 100, 100]);
    const wide = await run({ rate: 100_000, count: 1000, most: 150, gap: 10, clock: fakeClock() });
    expect(Math.max(...wide.map(({ items }) => items))).toBe(150);
    expect(total(wide)).toBe(1000);
  });

  it("goes on at the rate after a standstill instead of catching up", async () => {
    const clock = fakeClock();
    let after = 0;
    for await (const items of pace({
      rate: 100,
      count: 1000,
      most: 1000,
      signal: new AbortController().signal,
      clock,
    })) {
      if (clock.time === 50) clock.time += 60_000;
      else if (clock.time > 60_050) after = Math.max(after, items);
    }
    expect(after).toBe(1);
  });

  it("yields the most each time, without sleeping, when the rate has no bound", async () => {
    const clock = fakeClock();
    const yields = await run({ rate: Number.POSITIVE_INFINITY, count: 120, clock });
    expect(yields.map(({ items }) => items)).toEqual([50, 50, 20]);
    expect(clock.now()).toBe(0);
  });

  it("ends when the signal aborts, in the middle of a sleep too", async () => {
    const controller = new AbortController();
    const yields: number[] = [];
    setTimeout(() => controller.abort(), 20);
    for await (const items of pace({ rate: 0.01, count: 10, most: 1, signal: controller.signal }))
      yields.push(items);
    expect(yields).toEqual([1]);
  });
});

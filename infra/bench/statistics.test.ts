import { expect, test } from "vitest";
import { cpuPerMillion, cpuSeconds, rowsPerSecond } from "./cost.ts";
import { figure } from "./figure.ts";
import { interleave, median, percentile } from "./statistics.ts";

test("the median is the middle one, or lies between the two middle ones", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(() => median([])).toThrow(RangeError);
});

test("a percentile lies between its neighbours", () => {
  const hundred = Array.from({ length: 101 }, (_, n) => 100 - n);
  expect(percentile(hundred, 0.95)).toBe(95);
  expect(percentile([10, 20], 0.95)).toBeCloseTo(19.5);
  expect(percentile([10, 20], 1)).toBe(20);
});

test("measurements take turns, in the opposite order every other round", async () => {
  const order: string[] = [];
  const measure = (name: string) => () => order.push(name);
  const results = await interleave(2, { a: measure("a"), b: measure("b"), c: measure("c") });
  expect(order.join("")).toBe("abccba");
  expect(results).toEqual({ a: [1, 6], b: [2, 5], c: [3, 4] });
});

test("a figure has three significant digits and ours / peer", () => {
  expect(figure("ingest", "worker", 123_456, 61_728, "rows/s")).toEqual({
    bench: "ingest",
    figure: "worker",
    ours: 123_000,
    peer: 61_700,
    unit: "rows/s",
    ratio: 2,
  });
});

test("rates and costs come from the median round, each of its own kind", () => {
  const costs = [
    { seconds: 1, cpuSeconds: 4 },
    { seconds: 2, cpuSeconds: 3 },
    { seconds: 9, cpuSeconds: 2 },
  ];
  expect(rowsPerSecond(1000, costs)).toBe(500);
  expect(cpuPerMillion(1000, costs)).toBe(3000);
});

test.runIf(process.platform === "linux")("a process knows its CPU time, one that is gone has none", () => {
  expect(cpuSeconds([process.pid])).toBeGreaterThan(0);
  expect(cpuSeconds([2 ** 30])).toBeNaN();
});

import { expect, test } from "vitest";
import { classify } from "./rating.ts";

test.each([
  [15, "ShaDow", 15],
  [30, "ShaDow", 15],
  [3, "Sha", 3],
  [99, "Sha", 3],
  [5, "Dow", 5],
  [100, "Dow", 5],
  [1, "Incompatible", 0],
  [98, "Incompatible", 0],
])("%i is %s", (value, name, type) => {
  expect(classify(value)).toMatchObject({ name, type });
});

test("of the first 1337 humans 89 are ShaDow, 356 Sha, 178 Dow", () => {
  const names = Array.from({ length: 1337 }, (_, index) => classify(index + 1).name);
  const counts = Object.fromEntries(
    ["ShaDow", "Sha", "Dow"].map((name) => [name, names.filter((n) => n === name).length]),
  );
  expect(counts).toEqual({ ShaDow: 89, Sha: 356, Dow: 178 });
});

test("what is not a whole number has no type", () => {
  expect(() => classify(1.5)).toThrow(RangeError);
});

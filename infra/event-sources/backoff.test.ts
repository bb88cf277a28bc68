import { expect, test } from "vitest";
import { backoff } from "./backoff.ts";

test("waits 200 ms after the first failure, twice as long after each further one, never more than 30 s", () => {
  expect([1, 2, 3, 4, 8, 9, 1000].map(backoff)).toEqual([200, 400, 800, 1600, 25_600, 30_000, 30_000]);
});

import { expect, test } from "vitest";
import { reconnectDelay, retryDelay } from "./backoff.ts";
import { defaultChoices } from "./choices.ts";

test("waits 200 ms after the first failure, twice as long after each further one, never more than 30 s", () => {
  expect([1, 2, 3, 4, 8, 9, 1000].map((failures) => retryDelay(failures, defaultChoices.retryDelay))).toEqual(
    [200, 400, 800, 1600, 25_600, 30_000, 30_000],
  );
});

test("looks for a broker that is away at least every 3 s", () => {
  expect([1, 4, 5, 1000].map(reconnectDelay)).toEqual([200, 1600, 3000, 3000]);
});

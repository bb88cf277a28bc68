import { expect, test } from "vitest";
import { HttpError } from "../http.ts";
import { hashOf, idOf, isKey, makeKey } from "./key.ts";
import { Rates } from "./rate.ts";

test("a key is known by its hash, has its id in it, and no two are alike", () => {
  const [one, two] = [makeKey("read"), makeKey("read")];
  expect(one.key).toMatch(/^sluice_read_[0-9a-f]{12}_[\w-]{43}$/);
  expect(idOf(one.key)).toBe(one.id);
  expect(one.hash).toBe(hashOf(one.key));
  expect(isKey(one.key, one.hash)).toBe(true);
  expect(isKey(two.key, one.hash)).toBe(false);
  expect(isKey(`${one.key}x`, one.hash)).toBe(false);
  expect(isKey(one.key, undefined)).toBe(false);
});

test.each(["", "secret", "sluice_read_000000000000_short", "sluice_admin_000000000000_", "x".repeat(10_000)])(
  "%j has no id",
  (given) => {
    expect(idOf(given)).toBeUndefined();
  },
);

test("a key has its requests a minute, told in headers; the next is 429 with Retry-After, and a new minute begins anew", () => {
  let now = 0;
  const rates = new Rates(() => now);
  expect(rates.take("a", 2)).toEqual({ "ratelimit-policy": '"key";q=2;w=60', ratelimit: '"key";r=1;t=60' });
  now = 30_500;
  expect(rates.take("a", 2).ratelimit).toBe('"key";r=0;t=30');
  expect(() => rates.take("a", 2)).toThrow(
    expect.objectContaining({
      status: 429,
      headers: expect.objectContaining({ "retry-after": "30", ratelimit: '"key";r=0;t=30' }),
    }),
  );
  expect(() => rates.take("a", 2)).toThrow(HttpError);
  expect(rates.take("b", 2).ratelimit).toBe('"key";r=1;t=60');
  now = 60_000;
  expect(rates.take("a", 2).ratelimit).toBe('"key";r=1;t=60');
});

test("a key without a limit has no such headers", () => {
  expect(new Rates().take("a", 0)).toEqual({});
});

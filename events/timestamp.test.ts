import fc from "fast-check";
import { expect, test } from "vitest";
import { parseTimestamp, timestamp } from "./timestamp.ts";

const second = Date.UTC(2026, 0, 2, 3, 4, 5) * 1000;

test.each([
  ["2026-01-02T03:04:05Z", second],
  ["2026-01-02T03:04:05", second],
  ["2026-01-02 03:04:05", second],
  ["2026-01-02T03:04:05.1", second + 100_000],
  ["2026-01-02T03:04:05.123456", second + 123_456],
  ["2026-01-02T03:04:05.123456789Z", second + 123_456],
  ["2026-01-02T05:34:05+02:30", second],
  ["2026-01-01T22:04:05-0500", second],
  ["2026-01-02", Date.UTC(2026, 0, 2) * 1000],
  ["2026-01-02 03:04", second - 5_000_000],
  ["1969-12-31T23:59:59.999999Z", -1],
  ["0010-05-31", Date.parse("0010-05-31") * 1000],
])("%s is %i microseconds", (value, expected) => {
  expect(parseTimestamp(value)).toBe(expected);
});

test.each([
  "",
  "yesterday",
  "2026-02-30",
  "2026-13-01",
  "2026-01-02T24:00:00",
  "2026-01-02T03:04:60",
  "1767323045",
  "2026-01-02T03:04:05+99:00",
])("%j is no moment", (value) => {
  expect(parseTimestamp(value)).toBeUndefined();
});

test("a moment ClickHouse cannot hold is refused, never clamped", () => {
  expect(timestamp.safeParse("1899-12-31T23:59:59Z").success).toBe(false);
  expect(timestamp.safeParse("2255-01-01").success).toBe(false);
  expect(timestamp.safeParse("2254-12-31T23:59:59.999999Z").data).toBe(Date.UTC(2255, 0, 1) * 1000 - 1);
});

test("every ISO moment in milliseconds is what Date makes of it", () => {
  const moments = fc.date({ min: new Date("0000-01-01"), max: new Date("9999-12-31"), noInvalidDate: true });
  fc.assert(
    fc.property(moments, (at) => {
      expect(parseTimestamp(at.toISOString())).toBe(at.getTime() * 1000);
    }),
  );
});

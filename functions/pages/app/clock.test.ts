import { expect, test } from "vitest";
import { clock } from "./clock.ts";

test.each([
  ["UTC", "2026-03-29 01:30:09"],
  ["Europe/Berlin", "2026-03-29 03:30:09"],
  ["Asia/Kathmandu", "2026-03-29 07:15:09"],
  ["America/St_Johns", "2026-03-28 23:00:09"],
])("the clock of %s shows %s", (zone, shown) => {
  expect(clock(Date.UTC(2026, 2, 29, 1, 30, 9, 999), zone)).toBe(shown);
});

test("there is no clock of a zone that is none", () => {
  for (const zone of ["Mars/Olympus", "", "2026-01-01T00:00[Europe/Berlin]"])
    expect(() => clock(0, zone), zone).toThrow(RangeError);
});

import { expect, test } from "vitest";
import { format } from "./format.ts";

const english = (options: Intl.NumberFormatOptions) => new Intl.NumberFormat("en", options);

/** Of every size, around what is rounded up to the next letter, and negative ones. No halves: whether they go up or down is nobody's matter. */
const figures = Array.from({ length: 3000 }, (_, i) => 10 ** (i / 230) * (1 + ((i * 7919) % 9973) / 9973))
  .concat(0, 1, 9.996, 999, 999.94, 999.96, 1000, 999_949, 999_951, 1e6, 999_949_999, 999_951_000, 12e15)
  .flatMap((figure) => [figure, -figure, Math.round(figure), 1 / (figure + 1)])
  .filter((figure) => !/50*$/.test(String(figure)));

test.each([
  ["money", english({ maximumFractionDigits: 2 })],
  ["short", english({ notation: "compact", maximumFractionDigits: 1 })],
] as const)("%s is written as Intl writes it in English", (as, intl) => {
  for (const figure of figures)
    expect(format(figure, as), `${figure}`).toBe(intl.format(figure).replace("-0", "0"));
});

test("each kind of figure has its unit, and nothing is not nought", () => {
  const written = (["count", "percent", "bytes", "ms", "seconds", "text"] as const).map((as) =>
    format(1234.567, as),
  );
  expect(written).toEqual(["1,235", "123,456.7 %", "1.21 KiB", "1.23 s", "21 min", "1234.567"]);
  expect(format(2_345_678)).toBe("2.3M");
  expect(format(0)).toBe("0");
  expect([null, undefined, ""].map((nothing) => format(nothing))).toEqual(["–", "–", "–"]);
  expect(format("2026-01-31T14:05:09.123Z", "time")).toBe("2026-01-31 14:05:09");
});

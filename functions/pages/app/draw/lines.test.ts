import { expect, test } from "vitest";
import type { Data, SeriesDrawing } from "./drawing.ts";
import { toLines } from "./lines.ts";

const drawing: SeriesDrawing = {
  kind: "series",
  time: "unix_time",
  split: "type",
  lines: [{ column: "count" }],
};
const data = (rows: Data["rows"], previous?: Data["rows"]): Data => ({
  rows,
  previous,
  span: { from: 0, to: 0, live: false, name: "custom" },
  step: 60,
  zone: "UTC",
  next: null,
  question: "",
});

test("each name is a line over all the times, nought where it has no row", () => {
  const rows = [
    { unix_time: 120, type: "Sha", count: 3 },
    { unix_time: 60, type: "Dow", count: 1 },
  ];
  expect(toLines(drawing, data(rows, []))).toEqual({
    times: [60, 120],
    lines: [
      { name: "Dow", values: [1, 0], previous: [0, 0] },
      { name: "Sha", values: [0, 3], previous: [0, 0] },
    ],
    open: false,
  });
});

test("many names are seven lines and what is left of them", () => {
  const rows = Array.from({ length: 20 }, (_, index) => ({ unix_time: 60, type: `t${index}`, count: index }));
  const { lines } = toLines(drawing, data(rows));
  expect(lines).toHaveLength(8);
  expect(lines.at(-1)).toMatchObject({ name: "other", values: [78] });
});

test("a clock's text is a time, a day too", () => {
  const days: SeriesDrawing = { kind: "series", time: "date", lines: [{ column: "n" }] };
  const rows = [
    { date: "2026-01-01", n: 1 },
    { date: "2026-01-01 00:01:00", n: 2 },
  ];
  expect(toLines(days, data(rows)).times).toEqual([1767225600, 1767225660]);
});

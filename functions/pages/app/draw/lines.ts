import type { Row } from "../api.ts";
import { words } from "../format.ts";
import { before, clockText, type Span } from "../window.ts";
import { type Data, figure, type SeriesDrawing, timeOf } from "./drawing.ts";

export interface Lines {
  /** Seconds since the epoch, ascending. */
  times: number[];
  lines: { name: string; values: number[]; previous: number[] | undefined }[];
  /** The last interval has not ended. */
  open: boolean;
}

/** Names beyond these go together. */
const most = 7;
const other = "other";
const day = 86_400;

/** Rows as lines over the same times; where a line has no row it is nought. */
export function toLines(drawing: SeriesDrawing, data: Data): Lines {
  const times = timesOf(drawing, data.rows, data.span, data.zone);
  const earlier = data.previous && timesOf(drawing, data.previous, before(data.span), data.zone);
  const kept = keptNames(drawing, data.rows);
  const names = kept ?? drawing.lines.map(({ column, label }) => label ?? words(column));
  const values = valuesOf(drawing, data.rows, times, kept);
  const previous = earlier && data.previous && valuesOf(drawing, data.previous, earlier, kept);
  const last = times.at(-1) ?? 0;
  return {
    times,
    lines: names.map((name, index) => ({
      name,
      values: values[index] ?? [],
      // By place, not by time: both periods have as many intervals, and clocks may change between them.
      previous: previous?.[index] && times.map((_, place) => previous[index]?.[place] ?? 0),
    })),
    open: data.span.live && last + data.step > Date.now() / 1000,
  };
}

function timesOf({ time, everyDay }: SeriesDrawing, rows: Row[], { from, to }: Span, zone: string): number[] {
  const told = rows.map((row) => timeOf(row[time]));
  if (!everyDay) return [...new Set(told)].sort((a, b) => a - b);
  const first = timeOf(clockText(from, zone).slice(0, 10));
  const last = timeOf(clockText(to - 1, zone).slice(0, 10));
  return Array.from({ length: Math.round((last - first) / day) + 1 }, (_, index) => first + index * day);
}

/** The largest values of the split column, in the order of the alphabet so that colours stay; undefined without a split. */
function keptNames({ split, lines }: SeriesDrawing, rows: Row[]): string[] | undefined {
  const column = lines[0]?.column;
  if (!split || !column) return undefined;
  const sums = new Map<string, number>();
  for (const row of rows) {
    const name = nameOf(row[split]);
    sums.set(name, (sums.get(name) ?? 0) + figure(row[column]));
  }
  const largest = [...sums].sort(([, a], [, b]) => b - a).map(([name]) => name);
  const kept = largest.slice(0, most).sort();
  return largest.length > most ? [...kept, other] : kept;
}

const nameOf = (value: unknown): string => String(value ?? "") || "(none)";

function valuesOf(
  drawing: SeriesDrawing,
  rows: Row[],
  times: number[],
  kept: string[] | undefined,
): number[][] {
  const place = new Map(times.map((at, index) => [at, index]));
  const { lines, split, time } = drawing;
  const values = (kept ?? lines).map(() => new Array<number>(times.length).fill(0));
  const add = (line: number, row: Row, column: string) => {
    const target = values[line];
    const index = place.get(timeOf(row[time]));
    if (target && index !== undefined) target[index] = (target[index] ?? 0) + figure(row[column]);
  };
  for (const row of rows) {
    if (kept && split) {
      const own = kept.indexOf(nameOf(row[split]));
      add(own < 0 ? kept.indexOf(other) : own, row, lines[0]?.column ?? "");
    } else lines.forEach(({ column }, line) => void add(line, row, column));
  }
  return values;
}

import type { Row } from "../api.ts";
import type { Format } from "../format.ts";
import type { Span } from "../window.ts";

/** How a panel's rows are shown; columns are named as the endpoint names them. */
export type Drawing =
  | SeriesDrawing
  | FigureDrawing
  | { kind: "bars"; label: string; value: string; format?: Format; top?: number }
  | { kind: "funnel"; label: string; value: string }
  | GridDrawing
  /** Hours of the day by days of the week. */
  | { kind: "hours"; time: string; value: string }
  | { kind: "table"; columns: Column[] };

export interface Column {
  column: string;
  label?: string;
  format?: Format;
}

/** Lines over time: one a column, or one for each value of `split`. */
export interface SeriesDrawing {
  kind: "series";
  /** Seconds since the epoch, or a clock's text. */
  time: string;
  lines: Column[];
  split?: string;
  /** The endpoint leaves out days without anything: they are drawn all the same. */
  everyDay?: true;
  /** Bars instead of lines: for counts of longer intervals. */
  bars?: boolean;
}

/** One figure, large. */
export interface FigureDrawing {
  kind: "figure";
  column: string;
  /** Of which rows: the sum of all, the largest, the first, or the last whose interval has ended. */
  of: "sum" | "max" | "first" | "last";
  format?: Format;
  /** Divides the figure, with what it is then called: `{ by: 60, unit: "per second" }`. */
  per?: { by: number; unit: string };
  unit?: string;
  /** Figures that must not be added up (currencies): one a value of this column. */
  split?: string;
  /** Its rows over time as a small line. */
  spark?: boolean;
  /** More than this is worth a look. */
  alarm?: number;
}

/** A table whose cells are shaded: `retention` by cohort and period. */
export interface GridDrawing {
  kind: "grid";
  row: string;
  column: string;
  value: string;
  format?: Format;
  /** The column whose value is the whole of a row, in front. */
  size?: string;
}

export interface Data {
  rows: Row[];
  /** The same question about the period before. */
  previous: Row[] | undefined;
  span: Span;
  /** Seconds of one interval. */
  step: number;
  zone: string;
  /** The cursor of the rows after these. */
  next: string | null;
  /** Another one means that other rows are asked for. */
  question: string;
}

/** Something drawn into an element, until it is closed. */
export interface Drawn {
  update(data: Data): void;
  /** The size or the colours changed. */
  redraw?(): void;
  close(): void;
}

/** The columns whose figures it shows; none where rows themselves are shown. */
export function figuresOf(drawing: Drawing | { kind: "chat" }): string[] {
  if (drawing.kind === "series") return drawing.lines.map(({ column }) => column);
  if (drawing.kind === "figure") return [drawing.column];
  return "value" in drawing ? [drawing.value] : [];
}

export const figure = (value: unknown): number => {
  const number = Number(value ?? 0);
  return Number.isNaN(number) ? 0 : number;
};

/** Seconds since the epoch. A clock's text is read as if it were UTC's, and shown so. */
export const timeOf = (value: unknown): number =>
  typeof value === "number"
    ? value
    : Date.parse(isDay.test(String(value)) ? `${value}` : `${String(value).replace(" ", "T")}Z`) / 1000;

const isDay = /^\d{4}-\d\d-\d\d$/;

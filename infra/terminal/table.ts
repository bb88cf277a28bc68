import stringWidth from "string-width";
import { neutralise } from "./neutralise.ts";

/** A wider cell is cut: a chat message of a megabyte is no column. */
const widest = 120;

/** Columns wide enough for what they hold, numbers to the right. Cells are made safe to print. */
export function renderTable(columns: string[], rows: unknown[][]): string {
  const texts = [columns, ...rows].map((row) => row.map(cell));
  const widths = columns.map((_, column) => Math.max(...texts.map((row) => stringWidth(row[column] ?? ""))));
  const right = columns.map((_, column) => rows.length > 0 && rows.every((row) => isNumber(row[column])));
  const lines = texts.map((row) =>
    row.map((text, column) => pad(text, widths[column] ?? 0, right[column])).join("  "),
  );
  const rule = widths.map((width) => "─".repeat(width)).join("  ");
  return [lines[0], rule, ...lines.slice(1)].map((line) => `${line?.trimEnd()}\n`).join("");
}

const isNumber = (value: unknown) => typeof value === "number" || value === null || value === undefined;

function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = neutralise(typeof value === "object" ? JSON.stringify(value) : String(value));
  return text.length > widest ? `${text.slice(0, widest - 1).toWellFormed()}…` : text;
}

function pad(text: string, width: number, right: boolean | undefined): string {
  const space = " ".repeat(width - stringWidth(text));
  return right ? space + text : text + space;
}

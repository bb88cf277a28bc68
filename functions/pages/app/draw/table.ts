import type { Row } from "../api.ts";
import { h } from "../dom.ts";
import { format, words } from "../format.ts";
import type { Column, Data, Drawn } from "./drawing.ts";

/** Rows as they are. */
export function openTable(host: HTMLElement, columns?: readonly Column[]): Drawn {
  const frame = h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "rows" });
  host.append(frame);
  return {
    update({ rows }: Data) {
      const shown = columns ?? Object.keys(rows[0] ?? {}).map((column): Column => ({ column }));
      const isFigure = ({ column, format: as = "text" }: Column) =>
        !["text", "time"].includes(as) || rows.some((row) => typeof row[column] === "number");
      const figures = new Set(shown.filter(isFigure));
      const alignment = (column: Column) => (figures.has(column) ? "number" : "");
      const heads = shown.map((column) =>
        h("th", { scope: "col", class: alignment(column) }, column.label ?? words(column.column)),
      );
      const lines = rows.map((row) =>
        h("tr", {}, ...shown.map((column) => cell(row, column, alignment(column)))),
      );
      const head = h("tr", {}, ...heads);
      frame.replaceChildren(h("table", {}, h("thead", {}, head), h("tbody", {}, ...lines)));
    },
    close: () => undefined,
  };
}

function cell(row: Row, { column, format: as }: Column, alignment: string): HTMLElement {
  const value = row[column];
  const text = format(value, as ?? (typeof value === "number" ? "money" : "text"));
  return h("td", { class: alignment, title: text.length > 40 ? text : undefined }, text);
}

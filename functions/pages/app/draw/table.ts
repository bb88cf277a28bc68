import type { Row } from "../api.ts";
import { h } from "../dom.ts";
import { format, words } from "../format.ts";
import type { Column, Data, Drawn } from "./drawing.ts";

/** Rows as they are. */
export function openTable(host: HTMLElement, columns?: readonly Column[]): Drawn {
  const frame = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "table" });
  host.append(frame);
  return {
    update({ rows }: Data) {
      const shown = columns ?? Object.keys(rows[0] ?? {}).map((column): Column => ({ column }));
      const head = h(
        "tr",
        {},
        ...shown.map(({ column, label }) => h("th", { scope: "col" }, label ?? words(column))),
      );
      const lines = rows.map((row) => h("tr", {}, ...shown.map((column) => cell(row, column))));
      frame.replaceChildren(h("table", {}, h("thead", {}, head), h("tbody", {}, ...lines)));
    },
    close: () => undefined,
  };
}

function cell(row: Row, { column, format: as }: Column): HTMLElement {
  const value = row[column];
  const isFigure = typeof value === "number";
  const text = format(value, as ?? (isFigure ? "money" : "text"));
  return h("td", { class: isFigure ? "number" : "", title: text.length > 40 ? text : undefined }, text);
}

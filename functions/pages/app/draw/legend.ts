import type uPlot from "uplot";
import { clock } from "../clock.ts";
import { h, say } from "../dom.ts";
import { format } from "../format.ts";
import { lineColors } from "../theme.ts";
import type { Lines } from "./lines.ts";

/** A name and a colour for each line; a value is there while the cursor is over the chart. */
export function drawLegend(legend: HTMLElement, { lines }: Lines): void {
  const entries = lines.map(({ name }, index) => {
    const key = h("span", { class: "key" });
    key.style.background = `var(--line-${(index % lineColors) + 1})`;
    return h("span", { class: "entry" }, key, name, " ", h("b", { class: "value" }));
  });
  const before = lines.some(({ previous }) => previous)
    ? [h("span", { class: "entry" }, h("span", { class: "key faint" }), "period before")]
    : [];
  legend.replaceChildren(...entries, ...before, h("time", {}));
}

/** The values under the cursor, in the legend. */
export function follow(plot: uPlot, legend: HTMLElement, lines: Lines["lines"], zone: string): void {
  const at = plot.cursor.idx;
  const time = at === null || at === undefined ? undefined : plot.data[0][at];
  const moment = time === undefined ? "" : clock(time * 1000, zone).slice(0, 16);
  const label = legend.querySelector("time");
  if (label) say(label, moment);
  const values = legend.querySelectorAll(".value");
  let column = 1;
  lines.forEach(({ previous }, index) => {
    if (previous) column += 1;
    const [sure, open] = [plot.data[column], plot.data[column + 1]];
    const value = at === null || at === undefined ? undefined : (sure?.[at] ?? open?.[at]);
    const element = values[index];
    if (element) say(element, value === undefined || value === null ? "" : format(value));
    column += 2;
  });
}

/** For those who do not see it. */
export function inWords({ lines, times }: Lines): string {
  const parts = lines.map(
    ({ name, values }) => `${name}: last ${format(values.at(-1))}, highest ${format(Math.max(0, ...values))}`,
  );
  return `${times.length} intervals. ${parts.join("; ")}`;
}

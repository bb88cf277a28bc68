import type { Row } from "../api.ts";
import { h, svg } from "../dom.ts";
import { format } from "../format.ts";
import { type Data, type Drawn, type FigureDrawing, figure } from "./drawing.ts";

/** One large figure, or one for each currency; with the change against the period before. */
export function openFigure(host: HTMLElement, drawing: FigureDrawing): Drawn {
  const box = h("div", { class: "figure" });
  host.append(box);
  return {
    update(data: Data) {
      const groups = split(drawing, data.rows);
      const before = new Map(split(drawing, data.previous ?? []));
      const figures = groups.map(([name, rows]) => one(drawing, name, rows, data, before.get(name)));
      box.classList.toggle("many", figures.length > 1);
      box.replaceChildren(...(figures.length > 0 ? figures : [one(drawing, "", [], data, undefined)]));
      const spark = drawing.spark && groups.length === 1 ? sparkline(values(drawing, data)) : undefined;
      if (spark) box.append(spark);
    },
    close: () => undefined,
  };
}

function split({ split: column }: FigureDrawing, rows: Row[]): [string, Row[]][] {
  if (!column) return [["", rows]];
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(String(row[column]), [...(groups.get(String(row[column])) ?? []), row]);
  return [...groups].sort(([, a], [, b]) => b.length - a.length).slice(0, 3);
}

function one(
  drawing: FigureDrawing,
  name: string,
  rows: Row[],
  data: Data,
  before: Row[] | undefined,
): HTMLElement {
  const value = chosenValue(drawing, rows, data.span.live);
  const text = value === undefined ? "–" : format(value, drawing.format);
  const unit = [name, drawing.per?.unit ?? drawing.unit ?? ""].filter(Boolean).join(" ");
  const change =
    before && value !== undefined ? changeOf(value, chosenValue(drawing, before, data.span.live)) : "";
  const alarm = drawing.alarm !== undefined && value !== undefined && value > drawing.alarm;
  return h(
    "p",
    {},
    h("strong", { class: alarm ? "alarm" : "" }, text),
    h("span", { class: "unit" }, unit),
    h("span", { class: "change" }, change),
  );
}

/** Undefined where there are no rows to tell it. */
function chosenValue({ column, of, per }: FigureDrawing, rows: Row[], live: boolean): number | undefined {
  const all = rows.filter((row) => row[column] !== null).map((row) => figure(row[column]));
  const chosen = {
    sum: () => all.reduce((sum, value) => sum + value, 0),
    max: () => (all.length > 0 ? Math.max(...all) : undefined),
    first: () => all[0],
    last: () => (live && all.length > 1 ? all.at(-2) : all.at(-1)),
  }[of]();
  return chosen === undefined ? undefined : chosen / (per?.by ?? 1);
}

function changeOf(value: number, before: number | undefined): string {
  if (!before) return "";
  const change = value / before - 1;
  return `${change < 0 ? "▼" : "▲"} ${format(Math.abs(change), "percent").replace(/\.\d+/, "")} against the period before`;
}

const values = ({ column }: FigureDrawing, { rows, span }: Data): number[] =>
  rows.slice(0, span.live ? -1 : undefined).map((row) => figure(row[column]));

function sparkline(values: number[]): SVGElement | undefined {
  if (values.length < 2) return undefined;
  const top = Math.max(1, ...values);
  const points = values.map(
    (value, index) => `${(index / (values.length - 1)) * 100},${(22 - (value / top) * 20).toFixed(1)}`,
  );
  return svg(
    "svg",
    { class: "spark", viewBox: "0 0 100 24", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("polyline", { points: points.join(" "), "vector-effect": "non-scaling-stroke" }),
  );
}

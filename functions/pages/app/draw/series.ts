import uPlot from "uplot";
import { clock } from "../clock.ts";
import { h } from "../dom.ts";
import { format } from "../format.ts";
import { color, fade, lineColors } from "../theme.ts";
import type { Data, Drawn, SeriesDrawing } from "./drawing.ts";
import { drawLegend, follow, inWords } from "./legend.ts";
import { type Lines, toLines } from "./lines.ts";

/** Pixels; more where the panel is higher. */
const leastHeight = 160;
const dash = [4, 4];

/** Lines or bars over time. The interval that has not ended is dashed, the period before is faint. */
export function openSeries(host: HTMLElement, drawing: SeriesDrawing): Drawn {
  const legend = h("div", { class: "legend" });
  const canvas = h("div", { class: "chart", role: "img" });
  host.append(legend, canvas);
  let plot: uPlot | undefined;
  let shape = "";
  let data: Data | undefined;
  /** Of the chart, as the browser tells it; asked for, it would lay out the page at once. */
  let size: { width: number; height: number } | undefined;

  const draw = (fresh: boolean) => {
    if (!data || !size) return;
    const lines = toLines(drawing, data);
    const next = JSON.stringify([
      lines.lines.map((line) => [line.name, !line.previous]),
      data.zone,
      data.step,
      lines.open,
    ]);
    if (fresh || next !== shape || !plot) {
      plot?.destroy();
      shape = next;
      plot = new uPlot(
        optionsFor(drawing, lines, data, size, legend),
        columns(drawing, lines),
        (self, begin) => {
          canvas.append(self.root);
          // It draws in a task of its own, as long as this one.
          setTimeout(() => {
            if (self !== plot || !size) return;
            begin();
            self.setSize(size); // It may have changed since.
          });
        },
      );
      drawLegend(legend, lines);
    } else plot.setData(columns(drawing, lines));
    canvas.setAttribute("aria-label", inWords(lines));
  };
  const watch = new ResizeObserver(([entry]) => {
    if (!entry || entry.contentRect.width === 0) return;
    size = sizeOf(entry.contentRect);
    if (!plot) draw(true);
    else if (plot.status) plot.setSize(size);
  });
  watch.observe(canvas);
  return {
    update(next) {
      data = next;
      draw(false);
    },
    redraw: () => draw(true),
    close() {
      watch.disconnect();
      plot?.destroy();
      plot = undefined;
    },
  };
}

const sizeOf = ({ width, height }: DOMRectReadOnly) => ({
  width: Math.max(120, Math.floor(width)),
  height: Math.max(leastHeight, Math.floor(height)),
});

/** For each line what is certain, what is under way, and the period before. */
function columns({ bars }: SeriesDrawing, { times, lines, open }: Lines): uPlot.AlignedData {
  const end = times.length - 1;
  const parts = lines.flatMap(({ values, previous }) => [
    ...(previous ? [previous] : []),
    open ? values.map((value, index) => (index < end ? value : null)) : values,
    open
      ? values.map((value, index) => (index >= (bars ? end : end - 1) ? value : null))
      : values.map(() => null),
  ]);
  return [times, ...parts] as uPlot.AlignedData;
}

function optionsFor(
  drawing: SeriesDrawing,
  { lines, times }: Lines,
  { zone, step }: Data,
  size: { width: number; height: number },
  legend: HTMLElement,
): uPlot.Options {
  const bars = drawing.bars && uPlot.paths.bars ? { paths: uPlot.paths.bars({ size: [0.7, 24] }) } : {};
  const points = { show: !drawing.bars && times.length < 2 };
  const series = lines.flatMap((line, index): uPlot.Series[] => {
    const stroke = color(`line-${(index % lineColors) + 1}`);
    const fill = fade(stroke, drawing.bars ? 0.9 : 0.12);
    const filled = drawing.bars || lines.length === 1 ? { fill } : {};
    const before = { stroke: color("faint"), width: 1.5, points: { show: false } };
    return [
      ...(line.previous ? [before] : []),
      { stroke, width: drawing.bars ? 0 : 1.75, points, ...filled, ...bars },
      { stroke, width: 1.5, dash, points, ...bars, ...(drawing.bars && { fill: fade(stroke, 0.15) }) },
    ];
  });
  const ink = color("quiet");
  const grid = { stroke: color("hair"), width: 1 };
  const axis = { stroke: ink, grid, ticks: { show: false }, font: "11px system-ui, sans-serif", gap: 4 };
  // Days are of UTC, whatever the zone.
  const shown = drawing.time === "date" ? "UTC" : zone;
  return {
    ...size,
    padding: [8, 22, 0, 0],
    legend: { show: false },
    // Its own fields show what the zone's clock does.
    tzDate: (at) => new Date(clock(at * 1000, shown).replace(" ", "T")),
    cursor: { sync: { key: "time" }, drag: { x: false, y: false }, points: { size: 6 }, y: false },
    scales: {
      x: { range: (_, min, max) => pad(min, max, drawing.bars ? step / 2 : 0) },
      y: { range: upFromNought },
    },
    axes: [
      { ...axis, grid: { show: false }, space: 70, size: 26, values: axisTimes(shown) },
      {
        ...axis,
        size: 46,
        space: 34,
        incrs: wholes,
        values: (_, marks) => marks.map((mark) => format(mark, "short")),
      },
    ],
    series: [{}, ...series],
    hooks: { setCursor: [(plot) => follow(plot, legend, lines, shown)] },
  };
}

const pad = (min: number, max: number, by: number): [number, number] => [
  min - by,
  Math.max(max, min + 1) + by,
];

/** Nobody comes half. */
const wholes = Array.from({ length: 12 }, (_, power) => [1, 2, 5].map((one) => one * 10 ** power)).flat();

/** Never an empty scale: a quiet hour is a line on the ground. */
const upFromNought: uPlot.Scale.Range = (_, __, max) => [0, Math.max(1, (max ?? 0) * 1.08)];

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `14:05`, and the day where one begins. */
const axisTimes =
  (zone: string) =>
  (_: uPlot, marks: number[]): string[] =>
    marks.map((mark) => {
      const [date = "", time = ""] = clock(mark * 1000, zone).split(" ");
      const [, month, day] = date.split("-").map(Number);
      return time.startsWith("00:00") ? `${day} ${months[(month ?? 1) - 1]}` : time.slice(0, 5);
    });

import { openBars, openFunnel } from "./bars.ts";
import type { Drawing, Drawn } from "./drawing.ts";
import { openFigure } from "./figure.ts";
import { openGrid, openHours } from "./grid.ts";
import { openSeries } from "./series.ts";
import { openTable } from "./table.ts";

export function openDrawing(host: HTMLElement, drawing: Drawing): Drawn {
  switch (drawing.kind) {
    case "series":
      return openSeries(host, drawing);
    case "figure":
      return openFigure(host, drawing);
    case "bars":
      return openBars(host, drawing);
    case "funnel":
      return openFunnel(host, drawing);
    case "grid":
      return openGrid(host, drawing);
    case "hours":
      return openHours(host, drawing);
    case "table":
      return openTable(host, drawing.columns);
  }
}

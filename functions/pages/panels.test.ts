import { expect, test } from "vitest";
import { endpoints } from "../lib/endpoints.ts";
import type { Drawing } from "./app/draw/drawing.ts";
import { type Panel, panels } from "./app/panels.ts";

/** The page says calmly that they are not there. */
const notYet: string[] = [];

const all = Object.values(panels).flat();

const columnsOf = (drawing: Drawing): (string | undefined)[] => {
  switch (drawing.kind) {
    case "series":
      return [drawing.time, drawing.split, ...drawing.lines.map(({ column }) => column)];
    case "figure":
      return [drawing.column, drawing.split];
    case "bars":
    case "funnel":
      return [drawing.label, drawing.value];
    case "grid":
      return [drawing.row, drawing.column, drawing.value, drawing.size];
    case "hours":
      return [drawing.time, drawing.value];
    case "table":
      return drawing.columns.map(({ column }) => column);
  }
};

const shown = ({ draw }: Panel): string[] =>
  draw.kind === "chat"
    ? ["id", "received_at", "username", "message"]
    : columnsOf(draw).filter((column) => column !== undefined);

test.each(all.map((panel) => [panel.id, panel] as const))(
  "%s asks an endpoint there is for columns and parameters it has",
  (_, panel) => {
    const query = endpoints.get(panel.endpoint);
    if (notYet.includes(panel.endpoint)) return expect(query).toBeUndefined();
    expect(query).toBeDefined();
    expect(Object.keys(query?.row.shape ?? {})).toEqual(expect.arrayContaining(shown(panel)));
    expect(Object.keys(query?.params.shape ?? {})).toEqual(
      expect.arrayContaining(Object.keys(panel.params ?? {})),
    );
  },
);

test("each panel has a name of its own, and a title of its own in its view", () => {
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  for (const view of Object.values(panels))
    expect(new Set(view.map(({ title }) => title)).size).toBe(view.length);
});

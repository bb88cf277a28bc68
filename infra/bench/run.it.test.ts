import { expect, test } from "vitest";
import { runBench } from "./run.ts";

test.each([
  ["handler", 4],
  ["cold", 2],
])(
  "`bench %s --json` prints a line for each figure",
  async (name, least) => {
    let output = "";
    const print = (text: string) => {
      output += text;
    };
    await runBench({ name, json: true, rows: 200, rounds: 1 }, print, () => {});
    const figures = output
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(figures.length).toBeGreaterThanOrEqual(least);
    for (const figure of figures) {
      expect(Object.keys(figure)).toEqual(["bench", "figure", "ours", "peer", "unit", "ratio"]);
      expect(figure).toMatchObject({ bench: name, unit: expect.any(String) });
      expect(figure.ratio / (figure.ours / figure.peer)).toBeCloseTo(1, 1);
    }
  },
  30_000,
);

test("without --json the figures are a table", async () => {
  let output = "";
  const print = (text: string) => {
    output += text;
  };
  await runBench({ name: "handler", rows: 100, rounds: 1 }, print, () => {});
  expect(output).toMatch(/^benchmark +figure +ours +peer +unit +ours \/ peer\n/);
  expect(output).toContain("commits, 100 rows a batch, against JSON.parse alone");
});

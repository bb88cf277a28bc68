import { expect, test } from "vitest";
import { seldom } from "./progress.ts";

test("where nobody watches, long work shows a line every half minute and short work none", () => {
  let [now, lines]: [number, string[]] = [0, []];
  const update = seldom(
    (line) => lines.push(line),
    () => now,
  );
  for (now = 0; now <= 65_000; now += 100) update(`${now}`);
  expect(lines).toEqual(["30000", "60000"]);
});

import { expect, it } from "vitest";
import { renderAnswer, renderEndpoints } from "./ask-render.ts";

it("an answer is a table in the order of its columns, with how many rows and how long", () => {
  const answer = {
    meta: [
      { name: "type", type: "String" },
      { name: "count", type: "UInt64" },
    ],
    data: [{ count: 7, type: "Sha" }],
    rows: 1,
    next: null,
    statistics: { elapsed_ms: 12.4, rows_read: 7, bytes_read: 70 },
  };
  expect(renderAnswer(answer)).toBe("type  count\n────  ─────\nSha       7\n\n1 row in 0.012 s\n");
});

it("an endpoint is listed with what it tells and what it takes", () => {
  const params = { limit: { description: "rows at the most", default: 100 }, username: { default: "" } };
  expect(renderEndpoints([{ name: "who", description: "Who writes.", params }])).toBe(
    "who\n  Who writes.\n    --param limit=…  rows at the most  (default: 100)\n    --param username=…\n",
  );
});

import { expect, test } from "vitest";
import { ValuesScan } from "./values.ts";

const several = (...chunks: string[]) => {
  const scan = new ValuesScan();
  for (const chunk of chunks) scan.push(Buffer.from(chunk));
  return scan.several;
};

test("a closing semicolon, blanks and comments may follow the data", () => {
  expect(several("(1, 'a;b'), (2, 'it''s \\'; x');\n;; -- SELECT 1;\n /* ; x */ ")).toBe(false);
});

test("a further statement is noticed, wherever the chunks end", () => {
  expect(several("(1);SELECT 1")).toBe(true);
  expect(several("(1, '\\", "';'); -", "- c\nINSERT")).toBe(true);
  expect(several("(1); /* a *", "/ x")).toBe(true);
});

test("semicolons in quotes and comments end nothing", () => {
  expect(several("(1, ';'), (2, \"a;b\") /* ; */, (3 -- ;\n)")).toBe(false);
});

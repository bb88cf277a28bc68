import { expect, test } from "vitest";
import { splitStatements } from "./statements.ts";

test("statements end at a semicolon; the last one may do without", () => {
  expect(splitStatements("SELECT 1;\n\nSELECT 2")).toEqual(["SELECT 1", "SELECT 2"]);
});

test.each([
  "SELECT ';'",
  "SELECT 'it''s; \\'; fine'",
  'SELECT 1 AS "a;b"',
  "SELECT 1 AS `a;b`",
  "SELECT 1 -- not; here",
  "SELECT /* not; here\n; */ 1",
])("the semicolon in %j ends nothing", (statement) => {
  expect(splitStatements(`${statement}\n;SELECT 2;`)).toEqual([statement, "SELECT 2"]);
});

test("comments alone are no statement", () => {
  expect(splitStatements("-- nothing\n;/* here */;\n")).toEqual([]);
});

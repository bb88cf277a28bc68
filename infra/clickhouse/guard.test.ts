import { expect, test } from "vitest";
import { reachesAround } from "./guard.ts";

test("the function `file` is found under every spelling", () => {
  for (const sql of [
    "SELECT file('/etc/passwd')",
    "SELECT `fi\\x6ce`('/etc/passwd')",
    "SELECT \"file\" /* x */ ('/etc/passwd')",
    "SELECT arrayMap(file, ['/etc/passwd'])",
    "SELECT * APPLY file FROM t",
  ])
    expect(reachesAround(sql)).toBe("READ ON FILE");
});

test("a column of that name is reached through its table", () => {
  expect(reachesAround("SELECT t.file, 'file' FROM t")).toBeUndefined();
});

test("functions that take definitions as strings are refused, their words are not", () => {
  expect(reachesAround("SELECT * FROM generateRandom('a Int8 ALIAS 1')")).toBe(
    "CREATE TEMPORARY TABLE ON *.*",
  );
  expect(reachesAround("SELECT NULL, count(*) FROM t WHERE values IS NOT NULL")).toBeUndefined();
});

test("settings that carry expressions are refused by name", () => {
  expect(reachesAround("SELECT 1 SETTINGS `additional_result_filter` = '1'")).toBe(
    "SET additional_result_filter",
  );
});

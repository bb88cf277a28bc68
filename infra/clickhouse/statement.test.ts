import fc from "fast-check";
import { expect, test } from "vitest";
import { inlineData, inputCall, readStatement } from "./statement.ts";

const split = (text: string) => {
  const statement = readStatement(text);
  if (!statement) return undefined;
  const { sql, clauseAt, format, dataAt } = statement;
  const data = dataAt === undefined ? undefined : inlineData(text, dataAt, format);
  return [sql.slice(0, clauseAt), sql.slice(clauseAt), format, data];
};

test("a SELECT ends before its FORMAT clause", () => {
  expect(split("SELECT 1 FORMAT JSON SETTINGS max_threads = 1;")).toEqual([
    "SELECT 1 ",
    "FORMAT JSON SETTINGS max_threads = 1",
    "JSON",
    undefined,
  ]);
  expect(split("SELECT 1 SETTINGS max_threads = 1")).toEqual([
    "SELECT 1 SETTINGS max_threads = 1",
    "",
    undefined,
    undefined,
  ]);
});

test("columns, tables and aliases may be called format", () => {
  for (const sql of [
    "SELECT format FROM t",
    "SELECT 1 AS format",
    "SELECT * FROM format f",
    "SELECT (1 FORMAT JSON)",
  ])
    expect(split(sql)).toEqual([sql, "", undefined, undefined]);
  expect(split("SELECT format FROM format FORMAT CSV")?.[2]).toBe("CSV");
});

test.each([
  "SELECT count() FROM t GROUP BY table ",
  "SELECT database ",
  "SELECT * FROM function ",
  "WITH 1 AS x SELECT x FROM system.tables GROUP BY database ",
])("a column or table called as a keyword is no keyword: %s", (sql) => {
  expect(split(`${sql}FORMAT TSV`)).toEqual([sql, "FORMAT TSV", "TSV", undefined]);
});

test("data of an INSERT begins behind its format and one line break", () => {
  expect(split("INSERT INTO t (a, b) FORMAT CSV\r\n\n1,2\n; DROP TABLE t")).toEqual([
    "INSERT INTO t (a, b) ",
    "FORMAT CSV",
    "CSV",
    "\n1,2\n; DROP TABLE t",
  ]);
  expect(split("insert into t values (1, 'FORMAT x')")).toEqual([
    "insert into t ",
    "values",
    "Values",
    " (1, 'FORMAT x')",
  ]);
  expect(split("INSERT INTO t SETTINGS a = 1 FORMAT Values (1)")).toEqual([
    "INSERT INTO t ",
    "SETTINGS a = 1 FORMAT Values",
    "Values",
    " (1)",
  ]);
});

test("tables may be called values or format", () => {
  expect(split("INSERT INTO values FORMAT JSONEachRow {}")?.[2]).toBe("JSONEachRow");
  expect(split("INSERT INTO db.format VALUES (1)")?.[2]).toBe("Values");
});

test("an INSERT that selects takes data only with a FORMAT", () => {
  expect(split("INSERT INTO t SELECT 1")?.[3]).toBeUndefined();
  const input = readStatement("INSERT INTO t SELECT a FROM input('a Int8') FORMAT CSV\n1\n");
  expect(input && inputCall(input)).toMatchObject({ structure: "a Int8", literal: "'a Int8'" });
});

test("leading comments and semicolons do not hide the statement", () => {
  expect(readStatement("; -- x\n /* y */ SELECT 1")?.verb).toBe("SELECT");
  expect(readStatement(" -- nothing\n;")).toBeUndefined();
});

test("no data ever becomes part of the SQL", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary-ascii" }), (data) => {
      const statement = readStatement(`INSERT INTO t FORMAT JSONEachRow\n${data}`);
      expect(statement?.sql).toBe("INSERT INTO t FORMAT JSONEachRow");
      expect(statement?.full).toBe(statement?.sql);
    }),
  );
});

import { expect, test } from "vitest";
import { type Holdings, judge, type Truth } from "./verdict.ts";

const truth: Truth = {
  facts: new Set(["r/0/5", "r/1/7"]),
  anonymous: new Set(["r/2/9"]),
  garbage: new Set(["q:0:3"]),
};

type Row = [key: string, count: { n: number; total: number }];
const times = (n: number, key: string): Row => [key, { n, total: n * Number(key.split("/")[2]) }];
const once = (key: string) => times(1, key);
const rows = ["r/0/5", "r/1/7", "r/2/9"].map(once);

const holdings = (changes: Partial<Holdings> = {}): Holdings => ({
  table: new Map(rows),
  views: new Map([
    ["by_key", { groupOf: (key: string) => key, counts: new Map(rows) }],
    ["by_run", { groupOf: () => "r", counts: new Map([["r", { n: 3, total: 21 }]]) }],
  ]),
  quarantine: new Map([["q:0:3", 1]]),
  ...changes,
});

const counts = (changes: Partial<Holdings>) => {
  const { findings, ...verdict } = judge(truth, holdings(changes));
  expect(findings.length).toBeGreaterThan(0);
  return verdict;
};

test("each record once in the table and in each view is no error", () => {
  expect(judge(truth, holdings())).toEqual({ lost: 0, duplicated: 0, view_mismatches: 0, findings: [] });
});

test("a lost and a doubled record do not make up for each other", () => {
  const table = new Map([...rows.slice(1), times(2, "r/1/7")]);
  expect(counts({ table })).toMatchObject({ lost: 1, duplicated: 1 });
});

test("a message without an id may be there more than once, but must be there", () => {
  const twice = new Map([...rows.slice(0, 2), times(2, "r/2/9")]);
  expect(judge(truth, holdings({ table: twice, views: new Map() }))).toMatchObject({
    lost: 0,
    duplicated: 0,
  });
  expect(counts({ table: new Map(rows.slice(0, 2)), views: new Map() })).toMatchObject({ lost: 1 });
});

test("a view may miss a copy of a message without an id, but not all of them", () => {
  const table = new Map([...rows.slice(0, 2), times(2, "r/2/9")]);
  const judgeView = (n: number) => {
    const counted = new Map([["r", { n: 2 + n, total: 12 + 9 * n }]]);
    return judge(
      truth,
      holdings({ table, views: new Map([["by_run", { groupOf: () => "r", counts: counted }]]) }),
    );
  };
  expect([0, 1, 2, 3].map((n) => judgeView(n).view_mismatches)).toEqual([1, 0, 0, 1]);
});

test("a row that nobody sent is found", () => {
  expect(counts({ table: new Map([...rows, once("r/3/1")]), views: new Map() })).toMatchObject({
    duplicated: 1,
  });
});

test("a view is compared by key and by sum: a count that fits is not enough", () => {
  const off = new Map([["r", { n: 3, total: 20 }]]);
  const views = new Map([["by_run", { groupOf: () => "r", counts: off }]]);
  expect(counts({ views })).toEqual({ lost: 0, duplicated: 0, view_mismatches: 1 });
  const exchanged = new Map([once("r/0/5"), times(2, "r/1/7")]);
  expect(
    counts({ views: new Map([["by_key", { groupOf: (key: string) => key, counts: exchanged }]]) }),
  ).toEqual({
    lost: 0,
    duplicated: 0,
    view_mismatches: 2,
  });
});

test("garbage is in the quarantine once, and nothing else is", () => {
  expect(counts({ quarantine: new Map() })).toMatchObject({ lost: 1 });
  expect(counts({ quarantine: new Map([["q:0:3", 2]]) })).toMatchObject({ duplicated: 1 });
  expect(counts({ quarantine: new Map([...holdings().quarantine, ["q:0:4", 1]]) })).toMatchObject({
    duplicated: 1,
  });
});

import { expect, test } from "vitest";
import { findProblems } from "./preflight.ts";
import type { Reached } from "./view-tree.ts";

const own: Reached = { name: "default.t", engine: "MergeTree", window: 10_000, partitionKey: "" };
const target: Reached = { ...own, name: "default.sums", engine: "SummingMergeTree", view: "default.to_sums" };
const check = (...reached: Reached[]) => findProblems("t", "26.7.2.1", reached, false);

test("a table and targets with windows have no problem", () => {
  expect(check(own, target)).toEqual([]);
});

test("a table without a window is refused, a view's is warned of, each with the statement that mends it", () => {
  expect(check({ ...own, window: 0 }, { ...target, window: 0 })).toMatchObject([
    {
      severity: "refuse",
      mend: "ALTER TABLE default.t MODIFY SETTING non_replicated_deduplication_window = 10000",
    },
    {
      severity: "warn",
      what: expect.stringContaining("default.to_sums"),
      mend: expect.stringContaining("default.sums"),
    },
  ]);
});

test("a replicated table is mended by its own setting, an odd name is quoted", () => {
  const [problem] = check({
    ...own,
    name: "default..inner_id.1-2",
    engine: "ReplicatedMergeTree",
    window: 0,
  });
  expect(problem?.mend).toBe(
    "ALTER TABLE default.`.inner_id.1-2` MODIFY SETTING replicated_deduplication_window = 10000",
  );
});

test("an engine that cannot tell a retry is a problem; a Null table between views is none", () => {
  expect(check(own, { ...target, engine: "Memory", window: 0 })).toMatchObject([{ severity: "warn" }]);
  expect(check(own, { ...target, engine: "Null", window: 0 })).toEqual([]);
});

test("a partitioned table needs a writer that knows of it", () => {
  const split = { ...own, partitionKey: "toYYYYMM(at)" };
  expect(check(split)).toMatchObject([{ severity: "refuse", what: expect.stringContaining("toYYYYMM(at)") }]);
  expect(findProblems("t", "26.7", [split], true)).toEqual([]);
  expect(findProblems("t", "26.7", [split])).toEqual([]);
});

test("a server that does not deduplicate into views is refused where there are views", () => {
  expect(findProblems("t", "24.6.1", [own, target], false)).toMatchObject([{ severity: "refuse" }]);
  expect(findProblems("t", "24.6.1", [own], false)).toEqual([]);
  expect(findProblems("t", "24.10.1", [own, target], false)).toEqual([]);
});

test("a table that is not there is refused with the command that makes it", () => {
  expect(check()).toMatchObject([{ severity: "refuse", mend: "npx sluice migrate" }]);
});

import { expect, test } from "vitest";
import { benchNames } from "../commands/bench.ts";
import { benchmarks } from "./benchmarks.ts";
import { commit, commitBody } from "./commit.ts";

test("the command names every benchmark, in their order", () => {
  expect(benchNames).toEqual(benchmarks.map(({ name }) => name));
});

test("the commits that are sent keep their contract and weigh about 330 bytes", () => {
  for (const n of [0, 1, 77, 999_999]) {
    expect(commit.decode(commitBody(n))).toMatchObject({ ok: true });
    expect(Math.abs(commitBody(n).length - 325)).toBeLessThan(40);
  }
});

import { expect, test } from "vitest";
import { nextSeed, planRun, type Step } from "./plan.ts";

const conditions = ["view_throws", "too_many_parts", "disk_full"] as const;

const seeds = (count: number) => {
  const list = [7];
  while (list.length < count) list.push(nextSeed(list.at(-1) ?? 0));
  return list;
};

test("the same seed makes the same plan, another one another", () => {
  expect(planRun(7, conditions)).toEqual(planRun(7, conditions));
  expect(planRun(7, conditions)).not.toEqual(planRun(8, conditions));
});

test("a run's own seed repeats it: a thousand runs have a thousand seeds", () => {
  expect(new Set(seeds(1000)).size).toBe(1000);
});

test("every record is delivered, and nothing else", () => {
  for (const seed of seeds(300)) {
    const { records, steps } = planRun(seed, conditions);
    const delivered = new Set(steps.flatMap((step) => (step.do === "deliver" ? step.records : [])));
    expect([...delivered].sort((a, b) => a - b)).toEqual([...records.keys()]);
  }
});

test("what is broken is mended, one thing at a time, and before the end", () => {
  for (const seed of seeds(300)) {
    let broken: string | undefined;
    for (const step of planRun(seed, conditions).steps) {
      if (step.do === "set") expect(broken).toBeUndefined();
      if (step.do === "clear") expect(step.condition).toBe(broken);
      if (step.do !== "deliver") broken = step.do === "set" ? step.condition : undefined;
    }
    expect(broken).toBeUndefined();
  }
});

test("a few hundred plans hold every fault, every condition and every shape", () => {
  const steps = seeds(400).flatMap((seed) => planRun(seed, conditions).steps);
  const names = (pick: (step: Step) => string | undefined) =>
    new Set(steps.map(pick).filter((name) => name !== undefined));
  expect(names((step) => (step.do === "deliver" ? step.fault?.kind : undefined)).size).toBe(7);
  expect(names((step) => (step.do === "deliver" ? step.shape : undefined)).size).toBe(7);
  expect(names((step) => (step.do === "set" ? step.condition : undefined)).size).toBe(3);
});

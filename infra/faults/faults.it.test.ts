import { afterAll, beforeAll, expect, test } from "vitest";
import { allSafeguards, type Safeguards } from "../../functions/lib/write-once/safeguards.ts";
import { type FailedRun, runFaults } from "./faults.ts";
import type { Plan, Step } from "./plan.ts";
import { type RunResult, run } from "./run.ts";
import { openWorld, type World } from "./world.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld();
}, 60_000);

afterAll(() => world.close());

// A seed whose few runs have every kind of fault; `sluice faults` runs thousands.
test("six runs of faults: nothing lost, nothing twice, every view as its table", async () => {
  const failed: FailedRun[] = [];
  const report = await runFaults(world, { runs: 6, seed: 2708 }, allSafeguards, {
    onFailure: (run) => failed.push(run),
  });
  expect(failed).toEqual([]);
  expect(report).toMatchObject({ runs: 6, lost: 0, duplicated: 0, view_mismatches: 0 });
  expect(report.faults).toMatchObject({
    kill_function: expect.any(Number),
    kill_clickhouse: expect.any(Number),
    late_request: expect.any(Number),
    view_throws: expect.any(Number),
  });
}, 480_000);

const records = (count: number, lane = 0): Plan["records"] =>
  Array.from({ length: count }, (_, fact) => ({ fact, lane, kind: "good", month: 0, value: 10 + fact }));

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

const deliver = (from: number, to: number, more: Partial<Extract<Step, { do: "deliver" }>> = {}): Step => ({
  do: "deliver",
  records: range(from, to),
  fresh: false,
  ...more,
});

const at = { request: "insert", nth: 1 } as const;

/** For each safeguard, a story that goes wrong without it. */
const stories: Record<Exclude<keyof Safeguards, "preflight">, Step[]> = {
  token: [deliver(0, 10), deliver(0, 10)],
  probe: [deliver(0, 10), deliver(0, 15)],
  repair: [
    { do: "set", condition: "view_throws" },
    deliver(0, 10),
    { do: "clear", condition: "view_throws" },
    deliver(0, 10),
  ],
  wait: [
    deliver(0, 10, {
      fault: { kind: "late_request", ...at, dies: true, release: 1, order: 100, slowly: true },
    }),
    deliver(0, 15),
  ],
  fence: [
    deliver(0, 10, {
      fault: { kind: "late_request", ...at, dies: true, release: 100, order: "after", slowly: false },
    }),
    deliver(0, 15),
  ],
};

const tell = (steps: Step[], safeguards: Safeguards): Promise<RunResult> =>
  run(world, { seed: 0, pipeline: "positions", records: records(15), steps }, safeguards);

// Late by so and so many milliseconds is a race: on a machine that is very busy it may end well once.
test.each(Object.entries(stories))(
  "a story that only %s keeps from going wrong",
  { retry: 3 },
  async (safeguard, steps) => {
    const clean = await tell(steps, allSafeguards);
    expect(clean.findings).toEqual([]);
    const { duplicated, view_mismatches } = await tell(steps, { ...allSafeguards, [safeguard]: false });
    expect(duplicated + view_mismatches).toBeGreaterThan(0);
  },
);

// The fence alone is missed only when a request is late by a few milliseconds exactly: its story above tells that.
test.each(["token", "probe", "repair"])(
  "runs by chance find errors without %s, too",
  async (safeguard) => {
    let failures = 0;
    const stop = new AbortController();
    const onFailure = () => {
      failures++;
      stop.abort();
    };
    const watch = { signal: stop.signal, onFailure };
    await runFaults(world, { runs: 30, seed: 7 }, { ...allSafeguards, [safeguard]: false }, watch);
    expect(failures).toBe(1);
  },
  480_000,
);

import type { Safeguards } from "../../functions/lib/write-once/safeguards.ts";
import type { FaultName } from "./fault.ts";
import { nextSeed, type Plan, planRun } from "./plan.ts";
import { type RunResult, run } from "./run.ts";
import type { World } from "./world.ts";

export interface Report {
  runs: number;
  /** Of the first run; each further one follows from it. */
  seed: number;
  lost: number;
  duplicated: number;
  view_mismatches: number;
  /** What went wrong on purpose, how often. */
  faults: Partial<Record<FaultName, number>>;
}

/** A run that found an error, and all there is to know of it. */
export interface FailedRun {
  plan: Plan;
  result: RunResult;
  /** What the functions logged. */
  log: string[];
}

export interface Watch {
  signal?: AbortSignal;
  onRun?(done: number): void;
  onFailure?(failed: FailedRun): void;
}

export const isFailed = ({ lost, duplicated, view_mismatches, findings }: RunResult): boolean =>
  lost + duplicated + view_mismatches > 0 || findings.length > 0;

/** Runs of a world one after another, in a world of their own. What functions log is kept, not printed. */
export async function runFaults(
  world: World,
  { runs, seed }: { runs: number; seed: number },
  safeguards: Safeguards,
  { signal, onRun, onFailure }: Watch = {},
): Promise<Report> {
  const report: Report = { runs: 0, seed, lost: 0, duplicated: 0, view_mismatches: 0, faults: {} };
  const print = console.log;
  let log: string[] = [];
  console.log = (line: string) => void log.push(line);
  try {
    for (let runSeed = seed; report.runs < runs && !signal?.aborted; runSeed = nextSeed(runSeed)) {
      log = [];
      const plan = planRun(runSeed, world.conditions);
      const result = await run(world, plan, safeguards);
      report.runs++;
      add(report, result);
      if (isFailed(result)) onFailure?.({ plan, result, log });
      onRun?.(report.runs);
    }
  } finally {
    console.log = print;
  }
  return report;
}

function add(report: Report, { lost, duplicated, view_mismatches, faults }: RunResult): void {
  report.lost += lost;
  report.duplicated += duplicated;
  report.view_mismatches += view_mismatches;
  for (const [name, count] of faults) report.faults[name] = (report.faults[name] ?? 0) + count;
}

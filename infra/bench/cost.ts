import { readFileSync } from "node:fs";
import { median } from "./statistics.ts";

/** What some work took. */
export interface Cost {
  seconds: number;
  /** CPU time of all processes that took part, every thread; NaN where there is no /proc. */
  cpuSeconds: number;
}

/** Runs the work and says what it took of the clock and of these processes. */
export async function costOf(pids: readonly number[], work: () => Promise<unknown>): Promise<Cost> {
  const [began, before] = [performance.now(), cpuSeconds(pids)];
  await work();
  return { seconds: (performance.now() - began) / 1000, cpuSeconds: cpuSeconds(pids) - before };
}

export const rowsPerSecond = (rows: number, costs: readonly Cost[]): number =>
  rows / median(costs.map(({ seconds }) => seconds));

/** On a busy machine the cost of a row says more than its pace. */
export const cpuPerMillion = (rows: number, costs: readonly Cost[]): number =>
  (median(costs.map((cost) => cost.cpuSeconds)) / rows) * 1e6;

/** Clock ticks a second in /proc: a constant of Linux on every architecture Node runs on. */
const ticks = 100;

export const cpuSeconds = (pids: readonly number[]): number =>
  pids.map(cpuSecondsOf).reduce((sum, seconds) => sum + seconds, 0);

function cpuSecondsOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // After the program's name, which may hold anything: state is the third field, utime and stime the 14th and 15th.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / ticks;
  } catch {
    return Number.NaN;
  }
}

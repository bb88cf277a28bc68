import { percentile } from "./statistics.ts";

/** What so many clients at a time had of a service. */
export interface Load {
  /** Of each request. */
  ms: number[];
  perSecond: number;
}

/** So many requests at a time for a second and a half, and at least two each. A number that a request answers is time not its own. */
export async function load(
  connections: number,
  request: () => Promise<unknown>,
  milliseconds = 1_500,
): Promise<Load> {
  const ms: number[] = [];
  const began = performance.now();
  const worker = async () => {
    for (let n = 0; n < 2 || performance.now() - began < milliseconds; n++) {
      const before = performance.now();
      const apart = await request();
      ms.push(performance.now() - before - (typeof apart === "number" ? apart : 0));
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  return { ms, perSecond: (ms.length * 1000) / (performance.now() - began) };
}

/** All requests of several measurements, at the middle one's pace. */
export const pool = (loads: readonly Load[]): Load => ({
  ms: loads.flatMap(({ ms }) => ms),
  perSecond: percentile(
    loads.map(({ perSecond }) => perSecond),
    0.5,
  ),
});

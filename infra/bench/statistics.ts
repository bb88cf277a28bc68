/** The middle of some measurements. @throws RangeError when there are none. */
export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** Linear between the two nearest, as numpy and ClickHouse's `quantileExactInclusive` do; `p` from 0 to 1. */
export function percentile(values: readonly number[], p: number): number {
  if (values.length === 0) throw new RangeError("nothing was measured");
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * p;
  const below = sorted[Math.floor(at)] as number;
  const above = sorted[Math.ceil(at)] as number;
  return below + (above - below) * (at - Math.floor(at));
}

/**
 * Measures several things in turn, round after round, so that whatever else the machine does meets all of them alike.
 * @returns every measurement by name, in the order of the rounds.
 */
export async function interleave<Name extends string, Measurement>(
  rounds: number,
  measures: Record<Name, () => Measurement | Promise<Measurement>>,
): Promise<Record<Name, Measurement[]>> {
  const names = Object.keys(measures) as Name[];
  const results = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    Measurement[]
  >;
  for (let round = 0; round < rounds; round++) {
    // Backwards every other time: nobody is always the one after the heaviest.
    for (const name of round % 2 === 0 ? names : names.toReversed())
      results[name].push(await measures[name]());
  }
  return results;
}

/** Milliseconds to wait after the n-th failure in a row: 200 ms, doubling, at most 30 s. */
export const backoff = (failures: number): number => Math.min(30_000, 200 * 2 ** (failures - 1));

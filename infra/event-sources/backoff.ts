/** Milliseconds to wait after the n-th failed invocation of a batch: 200 ms, doubling, at most 30 s. */
export const retryDelay = (failures: number): number => Math.min(30_000, 200 * 2 ** (failures - 1));

/** Milliseconds to wait after the n-th failure to reach a broker: sooner capped, a developer waits for it to come back. */
export const reconnectDelay = (failures: number): number => Math.min(3000, retryDelay(failures));

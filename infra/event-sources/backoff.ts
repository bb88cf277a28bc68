/** Milliseconds to wait after the n-th failed invocation of a batch: doubles each time. */
export const retryDelay = (failures: number, { first, most }: { first: number; most: number }): number =>
  Math.min(most, first * 2 ** (failures - 1));

/** Milliseconds to wait after the n-th failure to reach a broker: sooner capped, a developer waits for it to come back. */
export const reconnectDelay = (failures: number): number => retryDelay(failures, { first: 200, most: 3000 });

/** How long an aborted run waits for acknowledgements that are still on their way, in milliseconds. */
const lastWords = 5000;

/** Settles as `work` does; once the signal has aborted, after a few seconds at the latest. */
export function withGrace(signal: AbortSignal, work: Promise<void>): Promise<void> {
  const { promise: outOfTime, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => setTimeout(resolve, lastWords).unref(), { once: true });
  return Promise.race([work, outOfTime]);
}

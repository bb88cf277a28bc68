/** What AWS's pages leave open, and a project may want otherwise. Keys of `custom.eventSources`. */
export interface Choices {
  /** Milliseconds to wait after a batch's first failed invocation; doubles with each further one, up to `most`. */
  retryDelay: { first: number; most: number };
  /** A body of another format than the filter pattern: text for a pattern of JSON, or the other way round. */
  formatMismatch: "pass" | "drop";
  /** What comes again of a partition with reported item failures: these records alone, or all from the first of them on. */
  itemFailures: "named" | "onwards";
  /**
   * Batches of a queue to hold at once. More than one is faster; after a failure the waiting ones then come before the
   * repeated one.
   */
  prefetch: number;
  /**
   * Invocations at once of a Kafka mapping without provisioned pollers. All but one start only when a whole batch waits
   * beside one in flight; each is an environment of its own.
   */
  concurrency: number;
}

export const defaultChoices: Choices = {
  retryDelay: { first: 200, most: 30_000 },
  formatMismatch: "pass",
  itemFailures: "named",
  prefetch: 1,
  concurrency: 1,
};

/** @throws when one is not of its kind. */
export function readChoices(given: Record<string, unknown>): Choices {
  const { retryDelay, formatMismatch, itemFailures, prefetch, concurrency } = {
    ...defaultChoices,
    ...given,
  } as Choices;
  const { first, most } = { ...defaultChoices.retryDelay, ...retryDelay };
  const refuse = (key: string, wanted: string) => {
    throw new Error(`custom.eventSources.${key} must be ${wanted}, not ${JSON.stringify(given[key])}.`);
  };
  if (!(first > 0 && most >= first)) refuse("retryDelay", "{first, most} in milliseconds");
  if (formatMismatch !== "pass" && formatMismatch !== "drop") refuse("formatMismatch", "pass or drop");
  if (itemFailures !== "named" && itemFailures !== "onwards") refuse("itemFailures", "named or onwards");
  if (!Number.isInteger(prefetch) || prefetch < 1) refuse("prefetch", "a number of batches");
  if (!Number.isInteger(concurrency) || concurrency < 1) refuse("concurrency", "a number of invocations");
  return { retryDelay: { first, most }, formatMismatch, itemFailures, prefetch, concurrency };
}

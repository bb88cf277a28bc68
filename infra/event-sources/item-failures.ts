import type { KafkaRecord } from "../../events/envelope/kafka.ts";
import type { Batch } from "./batching.ts";

/** What a function that reports item failures said about its batch: all done, all failed, or which records failed. */
export type Verdict = "succeeded" | "failed" | ((key: string, record: KafkaRecord) => boolean);

/**
 * Reads `{"batchItemFailures": [{"itemIdentifier": {"partition": "<topic>-<partition>", "offset": n}}]}`. Nothing,
 * `{}` and an empty list are success; anything else, also an item that was not in the batch, fails the whole batch.
 * https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html
 */
export function readItemFailures(payload: string | null, { parts }: Batch<KafkaRecord>): Verdict {
  const response: unknown = payload === null ? null : JSON.parse(payload);
  if (response === null) return "succeeded";
  if (typeof response !== "object" || Array.isArray(response)) return "failed";
  const items: unknown = (response as { batchItemFailures?: unknown }).batchItemFailures ?? [];
  if (!Array.isArray(items)) return "failed";
  if (items.length === 0) return "succeeded";
  const failed = new Map<unknown, Set<unknown>>();
  for (const item of items) {
    const { partition, offset } = (item?.itemIdentifier ?? {}) as { partition?: unknown; offset?: unknown };
    const known = parts.get(partition as string)?.records.some((record) => record.offset === offset);
    if (!known) return "failed";
    failed.set(partition, (failed.get(partition) ?? new Set()).add(offset));
  }
  return (key, { offset }) => failed.get(key)?.has(offset) ?? false;
}

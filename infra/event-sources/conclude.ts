import type { KafkaRecord } from "../../events/envelope/kafka.ts";
import type { Answer } from "./answer.ts";
import { retryDelay } from "./backoff.ts";
import type { Batch } from "./batching.ts";
import type { Choices } from "./choices.ts";
import type { RetryPolicy } from "./definition.ts";
import type { GivenUp } from "./failure-record.ts";
import { readItemFailures } from "./item-failures.ts";
import type { BatchQueue, Outcome } from "./source.ts";
import { countRecords, halve, narrow } from "./splitting.ts";

/** What a batch's fate is carried out with. */
export interface Hands {
  policy: RetryPolicy;
  choices: Pick<Choices, "retryDelay" | "itemFailures">;
  queue: Pick<BatchQueue<KafkaRecord>, "release" | "replace">;
  /** Everything before these positions of a batch's partitions is processed. */
  settle(batch: Batch<KafkaRecord>, positions: Map<string, number>): void;
  /** False when a stop came first: then nothing may be committed. */
  giveUp(givenUp: Omit<GivenUp, "requestId">): Promise<boolean>;
}

/** Settles, repeats, halves, narrows or gives up a batch, as its mapping's retry policy says. */
export async function concludeBatch(
  batch: Batch<KafkaRecord>,
  answer: Answer,
  hands: Hands,
): Promise<Outcome> {
  const { policy, choices, queue, settle, giveUp } = hands;
  const verdict = verdictOf(batch, answer, policy);
  if (verdict === "succeeded") {
    settle(batch, positionsOf(batch));
    queue.release(batch);
    return { failures: 0 };
  }
  const failures = batch.failures + 1;
  const retryIn = retryDelay(failures, choices.retryDelay);
  if (verdict === "failed" && policy.bisect && countRecords(batch) > 1) {
    // Halving is no attempt: each half has as many as the whole had.
    queue.replace(batch, halve(batch), retryIn);
    return { failures, retryIn };
  }
  const { passed, left } =
    verdict === "failed"
      ? { passed: new Map<string, number>(), left: batch }
      : narrow(batch, choices.itemFailures === "named" ? verdict : onwards(batch, verdict));
  if (passed.size > 0) settle(batch, passed);
  if (failures <= policy.attempts) {
    queue.replace(batch, { ...left, failures }, retryIn);
    return { failures, retryIn };
  }
  const condition = "RetryAttemptsExhausted";
  if (await giveUp({ condition, invocations: failures, records: recordsOf(left) })) {
    settle(batch, positionsOf(left));
    queue.release(batch);
  }
  return { failures, givenUp: condition };
}

/** Gives up what may not be invoked any more: too old, or already gone from the topic. */
export async function giveUpStale(
  batch: Batch<KafkaRecord>,
  { policy, queue, settle, giveUp }: Hands,
  isGone: (record: KafkaRecord) => boolean,
  now: number,
): Promise<"fresh" | "changed"> {
  // Retention can only have overtaken a batch that has waited for its retry.
  if (batch.failures === 0 && policy.recordAge === Number.POSITIVE_INFINITY) return "fresh";
  const isOld = ({ timestamp }: KafkaRecord) => timestamp < now - policy.recordAge;
  const records = recordsOf(batch);
  if (!records.some((record) => isOld(record) || isGone(record))) return "fresh";
  const old = records.filter((record) => isOld(record) && !isGone(record));
  const condition = "RecordAgeExceeded";
  if (old.length > 0 && !(await giveUp({ condition, invocations: batch.failures, records: old })))
    return "changed";
  const { passed, left } = narrow(batch, (_, record) => !isOld(record) && !isGone(record));
  settle(batch, passed);
  if (left.parts.size > 0) queue.replace(batch, left, 0);
  else queue.release(batch);
  return "changed";
}

export const recordsOf = ({ parts }: Batch<KafkaRecord>): KafkaRecord[] =>
  Array.from(parts.values(), ({ records }) => records).flat();

function verdictOf(batch: Batch<KafkaRecord>, answer: Answer, policy: RetryPolicy) {
  if ("failure" in answer) return "failed";
  return policy.itemFailures ? readItemFailures(answer.payload, batch) : "succeeded";
}

/** From each partition's first failed record on. */
function onwards({ parts }: Batch<KafkaRecord>, hasFailed: (key: string, record: KafkaRecord) => boolean) {
  const first = new Map(
    Array.from(parts, ([key, { records }]) => [
      key,
      records.find((record) => hasFailed(key, record))?.offset,
    ]),
  );
  return (key: string, { offset }: KafkaRecord) => offset >= (first.get(key) ?? Number.POSITIVE_INFINITY);
}

const positionsOf = ({ parts }: Batch<KafkaRecord>) =>
  new Map(Array.from(parts, ([key, { next }]): [string, number] => [key, next]));

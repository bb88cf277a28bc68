import type { Answer } from "./answer.ts";
import { retryDelay } from "./backoff.ts";
import type { Source } from "./source.ts";

export interface Outcome {
  records: number;
  answer: Answer;
  /** Failed invocations of this batch in a row, this one included; 0 after a success. */
  failures: number;
  /** Milliseconds until the batch comes again; absent after a success. */
  retryIn?: number;
}

/** Pulls batches, invokes, and settles only what succeeded. Ends when the signal is aborted and the last batch is through. */
export async function run(
  source: Source,
  invoke: (event: unknown) => Promise<Answer>,
  report: (outcome: Outcome) => void,
  signal: AbortSignal,
): Promise<void> {
  for (let batch = await source.next(signal); batch !== undefined; batch = await source.next(signal)) {
    if (batch.records === 0) {
      await batch.settle();
      continue;
    }
    const { records } = batch;
    const answer = await invoke(batch.event());
    if ("payload" in answer) {
      await batch.settle();
      report({ records, answer, failures: 0 });
    } else {
      const failures = batch.failures + 1;
      const retryIn = retryDelay(failures);
      report({ records, answer, failures, retryIn });
      await batch.retry(retryIn);
    }
  }
}

import type { Answer } from "./answer.ts";
import type { Outcome, Payload, Source } from "./source.ts";

export interface Invocation extends Outcome {
  records: number;
  answer: Answer;
}

/**
 * One lane: pulls batches, invokes, and settles only what succeeded. Ends when the signal is aborted and the last batch
 * is through.
 *
 * @param beside takes only batches that are full while another lane has one.
 */
export async function run(
  source: Source,
  invoke: (payload: Payload) => Promise<Answer>,
  report: (invocation: Invocation) => void,
  signal: AbortSignal,
  beside = false,
): Promise<void> {
  for (;;) {
    const batch = await source.next(signal, beside);
    if (batch === undefined) return;
    const { records } = batch;
    if (records === 0) {
      await batch.conclude({ payload: null });
      continue;
    }
    const answer = await invoke(batch);
    report({ records, answer, ...(await batch.conclude(answer)) });
  }
}

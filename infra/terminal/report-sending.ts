import { interruptible } from "./interrupt.ts";
import { openProgress } from "./progress.ts";

interface Watched {
  signal: AbortSignal;
  onProgress: (sent: number) => void;
  onNotice: (text: string) => void;
}

/**
 * Runs a sender with a spinner, ends it well on Ctrl-C, and says how many were sent: to stderr, and with `json` what
 * the sender returned to stdout as one document. Interrupted: exit code 130 (143 for SIGTERM).
 */
export async function reportSending<Result extends { sent: number; unconfirmed?: number }>(
  noun: string,
  json: boolean | undefined,
  send: (watched: Watched) => Promise<Result>,
): Promise<void> {
  const start = performance.now();
  const elapsed = () => Math.round(performance.now() - start) / 1000;
  const amount = (sent: number) => `${sent} ${noun}${sent === 1 ? "" : "s"}`;
  let known = 0;
  const progress = openProgress(`sending ${noun}s`);
  try {
    const { result, interrupted } = await interruptible((signal) =>
      send({
        signal,
        onProgress(sent) {
          known = sent;
          progress.update(`sent ${amount(sent)} in ${elapsed().toFixed(1)} s`);
        },
        onNotice: progress.note,
      }),
    );
    const seconds = elapsed();
    const lost = result.unconfirmed ? `; ${result.unconfirmed} more were published but not confirmed` : "";
    progress.end(`${interrupted ? "interrupted: " : ""}sent ${amount(result.sent)} in ${seconds} s${lost}`);
    if (json) process.stdout.write(`${JSON.stringify({ ...result, seconds })}\n`);
    // A client that is still looking for its broker would keep the process.
    if (interrupted) process.exit(interrupted);
  } catch (error) {
    progress.end(known > 0 ? `sent at least ${amount(known)}, then failed` : undefined);
    throw error;
  }
}

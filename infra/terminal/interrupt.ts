import { constants } from "node:os";

/**
 * Runs work that Ctrl-C (or SIGTERM) asks to end well: the signal aborts, the work ends on its own. A second one ends
 * the process at once.
 * @returns what the work returned, and 130 or 143 if it was asked to end.
 */
export async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
): Promise<{ result: T; interrupted: number | undefined }> {
  const controller = new AbortController();
  let interrupted: number | undefined;
  const stop = (name: NodeJS.Signals) => {
    const code = 128 + constants.signals[name];
    if (interrupted !== undefined) process.exit(code);
    interrupted = code;
    controller.abort();
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  try {
    return { result: await work(controller.signal), interrupted };
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
}

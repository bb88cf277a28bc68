import { constants } from "node:os";

export type Interruption = {
  /** Aborts when we are asked to end: Ctrl-C, SIGTERM, a closed terminal, or a parent that is gone. */
  signal: AbortSignal;
  /** The exit code that says so: 128 and the signal's number. */
  code: () => number | undefined;
  close: () => void;
};

const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** npm passes on the Ctrl-C that the terminal has sent us already: only a later one is a second one. */
const sameMilliseconds = 1000;

/** Watches for being asked to end; `insist` runs when we are asked once more. */
export function watchInterruption(insist: () => void): Interruption {
  const controller = new AbortController();
  let code: number | undefined;
  let askedAt = 0;
  const ask = (name: NodeJS.Signals) => {
    if (code !== undefined) {
      if (Date.now() - askedAt > sameMilliseconds) insist();
      return;
    }
    code = 128 + constants.signals[name];
    askedAt = Date.now();
    controller.abort();
  };
  const parent = process.ppid;
  const orphaned = setInterval(() => process.ppid !== parent && code === undefined && ask("SIGHUP"), 500);
  orphaned.unref();
  for (const name of names) process.on(name, ask);
  // What is said to a terminal that was closed is lost; what it was said about goes on.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", ignoreClosed);
  return {
    signal: controller.signal,
    code: () => code,
    close: () => {
      clearInterval(orphaned);
      for (const name of names) process.off(name, ask);
    },
  };
}

function ignoreClosed(error: NodeJS.ErrnoException): void {
  if (error.code !== "EIO" && error.code !== "EPIPE") throw error;
}

import { AsyncLocalStorage } from "node:async_hooks";
import type { Worker } from "node:worker_threads";
import { type Answer, failureOf } from "./answer.ts";

/**
 * One execution environment: an instance of serverless-offline's LambdaFunction. Whatever its code leaves behind
 * (timers, sockets, a worker thread) carries it, and what goes wrong there is blamed on its invocation in flight.
 */
export interface Environment {
  /** Ends the invocation in flight; undefined between invocations. */
  end: ((answer: Answer) => void) | undefined;
  /** Its worker thread has died between two invocations. */
  lost?: boolean;
}

const environments = new AsyncLocalStorage<Environment>();

/** Runs one invocation; what would have ended the whole process ends only that. Needs `guardProcess`. */
export async function runGuarded(environment: Environment, run: () => Promise<Answer>): Promise<Answer> {
  const { promise: ended, resolve } = Promise.withResolvers<Answer>();
  environment.end = resolve;
  try {
    return await Promise.race([environments.run(environment, run), ended]);
  } finally {
    environment.end = undefined;
  }
}

/** From now on, `process.exit` and uncaught exceptions of function code do not reach the process. Returns the way back. */
export function guardProcess(): () => void {
  const exit = process.exit;
  process.exit = (code) => {
    const environment = environments.getStore();
    if (environment === undefined) return exit(code);
    const error = exitError(code);
    environment.end?.({ failure: failureOf(error), environmentLost: true });
    throw error;
  };
  process.on("worker", watchWorker);
  const capturing = !process.hasUncaughtExceptionCaptureCallback();
  if (capturing) process.setUncaughtExceptionCaptureCallback(capture);
  return () => {
    process.exit = exit;
    process.off("worker", watchWorker);
    if (capturing) process.setUncaughtExceptionCaptureCallback(null);
  };
}

/** A thread that runs out of memory says so on no channel of its own: unheard, it would end the process. */
function watchWorker(worker: Worker): void {
  const environment = environments.getStore();
  if (environment === undefined) return;
  worker.on("error", (error) => {
    if (environment.end === undefined) environment.lost = true;
    else environment.end({ failure: failureOf(error), environmentLost: true });
  });
}

/** How Lambda words an exit. */
export function exitError(code: number | string | null | undefined): Error {
  const error = new Error(`Runtime exited with error: exit status ${code ?? process.exitCode ?? 0}`);
  error.name = "Runtime.ExitError";
  return error;
}

function capture(error: unknown): void {
  const environment = environments.getStore();
  if (environment?.end !== undefined) environment.end({ failure: failureOf(error), environmentLost: true });
  else if (environment !== undefined) console.error(error);
  else if (!process.emit("uncaughtException", error as Error)) {
    console.error(error);
    process.exit(1);
  }
}

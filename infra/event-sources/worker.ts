/**
 * The handler that serverless-offline loads in a worker thread instead of a function's own. It runs the function's own
 * with serverless-offline's loader and answers with a plain value in every case, where serverless-offline would take a
 * rejected string for a result, hang on process.exit, or let an uncaught exception take the whole process down.
 */
import { workerData } from "node:worker_threads";
import { type Answer, failureOf } from "./answer.ts";

interface Runner {
  run(event: unknown, context: unknown): Promise<unknown>;
}

/** Next to the script this thread was started with: the same copy of serverless-offline, whatever the package layout. */
const runnerModule = new URL("../in-process-runner/index.js", `file://${process.argv[1]}`).href;

/** Set once the environment is broken, as AWS would have ended it: every later invocation fails, the thread is replaced. */
let broken: Answer | undefined;
let answerNow: ((answer: Answer) => void) | undefined;

function breakDown(error: unknown): void {
  broken = { failure: failureOf(error), environmentLost: true };
  if (answerNow === undefined) console.error(error);
  answerNow?.(broken);
}

process.on("uncaughtException", breakDown);
process.exit = (code) => {
  const error = new Error(`Runtime exited with error: exit status ${code ?? process.exitCode ?? 0}`);
  error.name = "Runtime.ExitError";
  breakDown(error);
  throw error;
};

let runner: Promise<Runner> | undefined;

async function loadRunner(): Promise<Runner> {
  const { default: InProcessRunner } = await import(runnerModule);
  // Ours stood in its place until here.
  const handler = process.env._HANDLER;
  return new InProcessRunner({ ...workerData, handler }, process.env);
}

async function answer(event: unknown, context: unknown): Promise<Answer> {
  try {
    runner ??= loadRunner();
    const result = await (await runner).run(event, context);
    return { payload: JSON.stringify(result) ?? null };
  } catch (error) {
    return { failure: failureOf(error) };
  }
}

export function handler(event: unknown, context: unknown): Promise<Answer> {
  if (broken !== undefined) return Promise.resolve(broken);
  return new Promise((resolve) => {
    answerNow = resolve;
    void answer(event, context)
      .then(resolve)
      .finally(() => {
        answerNow = undefined;
      });
  });
}

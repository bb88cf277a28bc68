/**
 * The handler that serverless-offline loads in a worker thread instead of a function's own. It runs the function's own
 * with serverless-offline's loader and answers with a plain value in every case, where serverless-offline would take a
 * rejected string for a result, hang on process.exit, or let an uncaught exception take the whole process down.
 */
import { pathToFileURL } from "node:url";
import { workerData } from "node:worker_threads";
import { type Answer, failureOf } from "./answer.ts";
import { exitError } from "./guard.ts";
import { unpack } from "./unpack.ts";

interface Runner {
  run(event: unknown, context: unknown): Promise<unknown>;
}

/** Set once this thread is broken, as AWS would have ended it: it answers no further invocation. */
let broken: Answer | undefined;
let answerNow: ((answer: Answer) => void) | undefined;
let runner: Promise<Runner> | undefined;

process.on("uncaughtException", breakDown);
process.exit = (code) => {
  const error = exitError(code);
  breakDown(error);
  throw error;
};

export async function handler(event: unknown, context: unknown): Promise<Answer> {
  if (broken !== undefined) return broken;
  const { promise: ended, resolve } = Promise.withResolvers<Answer>();
  answerNow = resolve;
  const answer = await Promise.race([run(event, context), ended]);
  answerNow = undefined;
  return answer;
}

function breakDown(error: unknown): void {
  broken ??= { failure: failureOf(error), environmentLost: true };
  if (answerNow === undefined) console.error(error);
  else answerNow(broken);
}

async function run(event: unknown, context: unknown): Promise<Answer> {
  try {
    runner ??= loadRunner();
    const result = await (await runner).run(unpack(event), context);
    return { payload: JSON.stringify(result) ?? null };
  } catch (error) {
    return { failure: failureOf(error) };
  }
}

async function loadRunner(): Promise<Runner> {
  // Next to the script this thread was started with: the same copy of serverless-offline, wherever it is installed.
  const script = pathToFileURL(process.argv[1] as string);
  const { default: InProcessRunner } = await import(new URL("../in-process-runner/index.js", script).href);
  // This module stands in the place of the function's own handler.
  return new InProcessRunner({ ...workerData, handler: process.env._HANDLER }, process.env);
}

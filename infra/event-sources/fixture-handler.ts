/**
 * The functions of the services that the integration tests run. Each invocation notes its event in a file of its
 * function, one JSON line, then behaves as the next word of the function's behaviour says; after the last it succeeds.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const behaviours: Record<string, () => unknown> = {
  ok: () => undefined,
  slow: () => sleep(700),
  "throw-error": () => {
    throw new TypeError("told to throw");
  },
  "reject-string": () => Promise.reject("told to reject"),
  "return-function": () => ({ later: () => "not JSON" }),
  "return-bigint": () => ({ count: 1n }),
  exit: () => process.exit(1),
  "uncaught-exception": () => {
    setTimeout(() => {
      throw new Error("told to crash");
    }, 10);
    return sleep(60_000);
  },
  "unhandled-rejection": () => {
    void Promise.reject(new Error("told to leave a rejection"));
    return sleep(60_000);
  },
  "time-out": () => sleep(60_000),
  "block-thread": () => {
    for (;;);
  },
};

export const handler = async (event: Record<string, unknown>, context: { functionName: string }) => {
  const base = join(process.env.FIXTURE_FOLDER as string, context.functionName.split("-").at(-1) as string);
  const word = linesOf(`${base}.behaviour`)[linesOf(`${base}.notes`).length] ?? "ok";
  appendFileSync(`${base}.notes`, `${JSON.stringify({ at: Date.now(), word, event })}\n`);
  if (word === "mutate") {
    for (const key of Object.keys(event)) delete event[key];
    throw new Error("told to spoil the event");
  }
  const result = await behaviours[word]?.();
  appendFileSync(`${base}.done`, `${word}\n`);
  return result;
};

const linesOf = (path: string) =>
  existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];

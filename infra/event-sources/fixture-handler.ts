/**
 * The functions of the services that the integration tests run. Each invocation notes its event in a file of its
 * function, one JSON line, then behaves as the next word of the function's behaviour says; after the last it succeeds,
 * unless that ends with `*`: then it is the word for ever. `poison` fails when a record's value is `poison`;
 * `report:3,5` names the records of partition 0 with these offsets as failed.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { threadId } from "node:worker_threads";

/** Edited by a test. */
const version = 0;

type Records = Record<string, { offset: number; value?: string }[]>;

const behaviours: Record<string, (records: Records, argument: string) => unknown> = {
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
  "out-of-memory": () => {
    for (const all: number[][] = []; ; ) all.push(new Array(1_000_000).fill(0.5));
  },
  breakpoint: () => {
    // biome-ignore lint/suspicious/noDebugger: a debugger is attached.
    debugger;
  },
  "time-out": () => sleep(60_000),
  "block-thread": () => {
    for (;;);
  },
  poison: (records) => {
    const poison = Buffer.from("poison").toString("base64");
    if (
      Object.values(records)
        .flat()
        .some(({ value }) => value === poison)
    )
      throw new Error("poisoned");
  },
  report: (records, offsets) => {
    const [partition = ""] = Object.keys(records);
    const items = offsets
      .split(",")
      .map((offset) => ({ itemIdentifier: { partition, offset: Number(offset) } }));
    return { batchItemFailures: items };
  },
};

export const handler = async (event: Record<string, unknown>, context: { functionName: string }) => {
  const base = join(process.env.FIXTURE_FOLDER as string, context.functionName.split("-").at(-1) as string);
  const words = linesOf(`${base}.behaviour`);
  const last = words.at(-1)?.endsWith("*") ? words.at(-1)?.slice(0, -1) : "ok";
  const word = words[linesOf(`${base}.notes`).length]?.replace("*", "") ?? last ?? "ok";
  appendFileSync(
    `${base}.notes`,
    `${JSON.stringify({ at: Date.now(), word, version, thread: threadId, event })}\n`,
  );
  if (word === "mutate") {
    for (const key of Object.keys(event)) delete event[key];
    throw new Error("told to spoil the event");
  }
  const [name = "", argument = ""] = word.split(":");
  const result = await behaviours[name]?.((event.records ?? {}) as Records, argument);
  appendFileSync(`${base}.done`, `${word}\n`);
  return result;
};

const linesOf = (path: string) =>
  existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];

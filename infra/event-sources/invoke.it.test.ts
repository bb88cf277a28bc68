import { describe, inject, test } from "vitest";
import { kafkaProbe, offsetsOf, range } from "./fixture-brokers.ts";
import { FixtureService } from "./fixture-service.ts";

const { brokers } = inject("services");

/** Each is told to one invocation; the invocation after it succeeds. */
const faults = [
  "throw-error",
  "reject-string",
  "return-bigint",
  "exit",
  "uncaught-exception",
  "unhandled-rejection",
  "time-out",
  "mutate",
];

describe.concurrent.each([
  { mode: "in a worker thread", options: {}, own: ["block-thread", "out-of-memory"] },
  { mode: "in process", options: { useInProcess: true }, own: [] },
])("a function that runs $mode", ({ options, own }) => {
  test("and does whatever it likes: its batch comes again unchanged, and the process lives", async ({
    expect,
  }) => {
    const told = [...faults, ...own];
    await using service = new FixtureService({
      // A thread is out of memory soon.
      env: { KAFKA_BROKERS: brokers.join(","), NODE_OPTIONS: "--max-old-space-size=300" },
      custom: { "serverless-offline": options },
    });
    const { topic, probe } = kafkaProbe(service, brokers, {
      timeout: 5,
      behaviour: [...told.flatMap((fault) => [fault, "ok"]), "return-function"].join(" "),
      event: { batchSize: 1 },
    });
    await service.start();
    await topic.produceNumbers(told.length + 1);
    await probe.until("the last invocation", () => probe.done().includes("return-function"));
    await expect.poll(() => topic.committed()).toBe(told.length + 1);
    expect(offsetsOf(probe.notes())).toEqual([
      ...range(0, told.length).flatMap((offset) => [[offset], [offset]]),
      [told.length],
    ]);
    const failures = probe.lines().filter((line) => line.includes("failed"));
    expect(failures.map((line) => line.replace(/.* 200 ms\): /, ""))).toEqual([
      "TypeError: told to throw",
      "Error: told to reject",
      expect.stringContaining("TypeError: Do not know how to serialize a BigInt"),
      "Runtime.ExitError: Runtime exited with error: exit status 1",
      "Error: told to crash",
      "Error: told to leave a rejection",
      "Sandbox.Timedout: Task timed out after 5.00 seconds",
      "Error: told to spoil the event",
      ...own.map((fault) =>
        fault === "block-thread"
          ? "Sandbox.Timedout: Task timed out after 5.00 seconds"
          : "Error [ERR_WORKER_OUT_OF_MEMORY]: Worker terminated due to reaching memory limit: JS heap out of memory",
      ),
    ]);
    expect(service.running).toBe(true);
    expect(await service.stop()).toBe(0);
    await topic[Symbol.asyncDispose]();
  });
});

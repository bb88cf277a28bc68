import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { kafkaProbe, offsetsOf, rabbitMQProbe, range } from "./fixture-brokers.ts";
import { FixtureService } from "./fixture-service.ts";

const { brokers, rabbitmqUrl } = inject("services");

test("the standalone command polls for any Lambda API: a failing batch is repeated, one that never arrived is no attempt", async () => {
  // serverless-offline alone stands for an emulator that knows these events and never polls them.
  await using service = new FixtureService({ env: {}, plugin: "none" });
  const { topic, probe } = kafkaProbe(service, brokers, {
    event: { batchSize: 2 },
    behaviour: "ok throw-error",
  });
  const { queue, probe: other } = rabbitMQProbe(service, rabbitmqUrl, {});
  await service.write();
  const command = ["run", "--config", join(service.folder, "serverless.yml"), "--endpoint", service.endpoint];
  const runner = spawn(process.execPath, [join(import.meta.dirname, "main.ts"), ...command], {
    env: { PATH: process.env.PATH, KAFKA_BROKERS: brokers.join(","), RABBITMQ_URL: rabbitmqUrl },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let output = "";
  runner.stderr.on("data", (chunk) => {
    output += chunk;
  });
  try {
    await topic.create();
    await queue.declare();
    await topic.produceNumbers(4);
    await queue.publishNumbers(1);
    await expect.poll(() => output, { timeout: 20_000 }).toContain(`-${probe.name} is not invoked:`);
    await service.start();
    await probe.until("3 invocations", () => probe.done().length === 2);
    await other.until("1 invocation", () => other.done().length === 1);
    expect(offsetsOf(probe.notes())).toEqual([range(0, 2), range(2, 4), range(2, 4)]);
    await expect.poll(() => topic.committed()).toBe(4);
    expect(output).toMatch(/failed \(attempt 1, 2 records, again in 200 ms\): Error: told to throw/);
    runner.kill("SIGTERM");
    expect(await once(runner, "exit")).toEqual([0, null]);
    expect(await topic.members()).toBe(0);
  } finally {
    runner.kill("SIGKILL");
    await Promise.all([topic, queue].map((one) => one[Symbol.asyncDispose]()));
  }
});

test.each([
  [[], 2, /Usage: event-sources run/],
  [["run", "--bogus"], 2, /^Unknown option '--bogus'[\s\S]*Usage: event-sources run/],
  [
    ["run", "--config", join(import.meta.dirname, "../../tsconfig.json"), "--endpoint", "http://127.0.0.1:1"],
    1,
    /has neither functions/,
  ],
])("the standalone command with %j ends with %i", async (args, code, reason) => {
  const runner = spawn(process.execPath, [join(import.meta.dirname, "main.ts"), ...args], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let output = "";
  runner.stderr.on("data", (chunk) => {
    output += chunk;
  });
  expect([await once(runner, "exit"), output]).toEqual([[code, null], expect.stringMatching(reason)]);
});

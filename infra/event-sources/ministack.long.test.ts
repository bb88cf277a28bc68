import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { kafkaProbe, offsetsOf, rabbitMQProbe, range } from "./fixture-brokers.ts";
import { freePorts } from "./fixture-ports.ts";
import { FixtureService } from "./fixture-service.ts";

const { brokers, rabbitmqUrl } = inject("services");

/** https://pypi.org/project/ministack: it makes Kafka's and RabbitMQ's mappings and never polls. Needs python3 with venv and pip. */
const tool = "ministack[full]==1.5.33";
const folder = mkdtempSync(join(tmpdir(), "ministack-"));
let emulator: ChildProcess;
let endpoint: string;

beforeAll(async () => {
  execFileSync("python3", ["-m", "venv", folder]);
  execFileSync(join(folder, "bin/pip"), ["install", "--quiet", tool]);
  const [port] = await freePorts(1);
  endpoint = `http://127.0.0.1:${port}`;
  // Functions run on the Node that is first on its path.
  const PATH = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`;
  emulator = spawn(join(folder, "bin/ministack"), [], {
    cwd: folder,
    env: {
      PATH,
      HOME: folder,
      TMPDIR: folder,
      GATEWAY_PORT: `${port}`,
      BIND_HOST: "127.0.0.1",
      LAMBDA_EXECUTOR: "local",
    },
    stdio: "ignore",
  });
  while (!(await fetch(endpoint).catch(() => undefined))) await sleep(200);
}, 300_000);

afterAll(async () => {
  emulator.kill("SIGKILL");
  await once(emulator, "exit");
  rmSync(folder, { recursive: true, force: true });
});

test("the mappings of a service deployed to ministack invoke its functions there, a failing batch again", async () => {
  const aws = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    PATH: process.env.PATH as string,
  };
  await using service = new FixtureService({ env: aws, command: ["deploy"] });
  const { topic, probe } = kafkaProbe(service, brokers, {
    event: { batchSize: 2 },
    behaviour: "ok throw-error",
  });
  const { queue, probe: reader } = rabbitMQProbe(service, rabbitmqUrl, {});
  await service.start();
  expect(await service.exited(), service.output).toBe(0);
  const template = join(service.folder, ".serverless/cloudformation-template-update-stack.json");
  const command = ["run", "--config", template, "--endpoint", endpoint];
  const runner = spawn(process.execPath, [join(import.meta.dirname, "main.ts"), ...command], {
    env: { ...aws, KAFKA_BROKERS: brokers.join(","), RABBITMQ_URL: rabbitmqUrl },
    stdio: "ignore",
  });
  await topic.produceNumbers(4);
  await queue.publishNumbers(1);
  await probe.until("3 invocations", () => probe.done().length === 2);
  await reader.until("1 invocation", () => reader.done().length === 1);
  expect(offsetsOf(probe.notes())).toEqual([range(0, 2), range(2, 4), range(2, 4)]);
  await expect.poll(() => topic.committed()).toBe(4);
  runner.kill("SIGTERM");
  expect(await once(runner, "exit")).toEqual([0, null]);
  await Promise.all([topic, queue].map((one) => one[Symbol.asyncDispose]()));
}, 180_000);

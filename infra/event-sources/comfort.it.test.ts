import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, inject, test } from "vitest";
import { kafkaProbe, offsetsOf, rabbitMQProbe, range } from "./fixture-brokers.ts";
import { attachToWorker } from "./fixture-debugger.ts";
import { FixtureService, slsArguments } from "./fixture-service.ts";

const { brokers, rabbitmqUrl } = inject("services");
const env = { KAFKA_BROKERS: brokers.join(","), RABBITMQ_URL: rabbitmqUrl };

const edit = (service: FixtureService, version: number) => {
  const path = join(service.folder, "handler.js");
  writeFileSync(
    path,
    readFileSync(path, "utf8").replace(/const version = \d+/, `const version = ${version}`),
  );
};

test.each([
  { how: "as it is written", options: {}, file: "handler.js" },
  {
    how: "as serverless-esbuild bundles it",
    options: { plugins: ["serverless-esbuild"], custom: { esbuild: { bundle: true, format: "esm" } } },
    file: ".esbuild/.build/handler.js",
  },
])(
  "an edited handler, $how, is used for the next batch within a second, in one new worker, and no batch is lost or repeated",
  async ({ options, file }) => {
    await using service = new FixtureService({ env, ...options });
    const { topic, probe } = kafkaProbe(service, brokers, { event: { batchSize: 1 } });
    await service.start();
    const versions = range(1, 4);
    let sent = 0;
    const produce = async (count: number) => {
      for (let n = 0; n < count; n += 1, sent += 1) {
        await topic.produceNumbers(1, sent);
        await sleep(20);
      }
      await probe.until(`${sent} invocations`, () => probe.notes().length === sent);
    };
    await produce(5);
    for (const version of versions) {
      edit(service, version);
      await produce(5);
      await probe.until("the code", () =>
        readFileSync(join(service.folder, file), "utf8").includes(`version = ${version};`),
      );
      const there = Date.now();
      await produce(10);
      await sleep(Math.max(0, there + 1000 - Date.now()));
      await produce(5);
      expect(
        probe
          .notes()
          .slice(-5)
          .map((note) => note.version),
      ).toEqual(Array(5).fill(version));
    }
    expect(offsetsOf(probe.notes()).flat()).toEqual(range(0, sent));
    expect(new Set(probe.notes().map((note) => note.thread)).size).toBe(1 + versions.length);
    await topic[Symbol.asyncDispose]();
  },
);

test("a batch that waits for its retry comes again as soon as the handler is edited", async () => {
  const retryDelay = { first: 600_000, most: 600_000 };
  await using service = new FixtureService({ env, custom: { eventSources: { retryDelay } } });
  const { topic, probe } = kafkaProbe(service, brokers, { behaviour: "throw-error" });
  const { queue, probe: reader } = rabbitMQProbe(service, rabbitmqUrl, { behaviour: "throw-error" });
  await service.start();
  await Promise.all([topic.produceNumbers(1), queue.publishNumbers(1)]);
  for (const one of [probe, reader])
    await one.until("the failure", () => one.status()?.error === "told to throw");
  edit(service, 1);
  for (const one of [probe, reader]) {
    await one.until("the next attempt", () => one.notes().length === 2);
    expect(one.notes().map(({ version }) => version)).toEqual([0, 1]);
  }
  await Promise.all([topic, queue].map((one) => one[Symbol.asyncDispose]()));
});

test("a handler that stands at a breakpoint longer than its timeout goes on, and its batch is delivered once", async () => {
  await using service = new FixtureService({ env: { ...env, NODE_OPTIONS: "--inspect=127.0.0.1:0" } });
  const { topic, probe } = kafkaProbe(service, brokers, { timeout: 1, behaviour: "ok breakpoint" });
  await service.start();
  await topic.produceNumbers(1);
  await probe.until("the worker", () => probe.done().length === 1);
  await using worker = await attachToWorker(service.output);
  await topic.produceNumbers(1, 1);
  await worker.paused;
  await sleep(2000);
  worker.resume();
  await probe.until("its end", () => probe.done().length === 2);
  await expect.poll(() => topic.committed()).toBe(2);
  expect(offsetsOf(probe.notes())).toEqual([[0], [1]]);
  await topic[Symbol.asyncDispose]();
});

test("--mapping runs only the named mappings, --resetOffsets from the start; what is captured feeds `sls invoke local`", async () => {
  await using service = new FixtureService({
    env,
    custom: { eventSources: { capture: "captured" } as object },
    command: ["offline", "start", "--mapping", "probe1", "--mapping", "probe3:chosen", "--resetOffsets"],
  });
  const chosen = kafkaProbe(service, brokers, {});
  const left = rabbitMQProbe(service, rabbitmqUrl, {});
  const missing = kafkaProbe(service, brokers, { event: { topic: "chosen" } });
  await chosen.topic.create();
  await chosen.topic.produceNumbers(3);
  await chosen.topic.commit(2);
  await service.start();
  await left.queue.publishNumbers(1);
  await chosen.probe.until("3 records", () => chosen.probe.notes().length === 1);
  expect(offsetsOf(chosen.probe.notes())).toEqual([range(0, 3)]);
  await missing.probe.until("the warning", () => missing.probe.status()?.error !== undefined);
  await chosen.probe.until("polling", () => chosen.probe.status()?.state === "polling");
  expect([chosen, left, missing].map(({ probe }) => probe.status()?.state)).toEqual([
    "polling",
    "stopped",
    "retrying",
  ]);
  await service.stop();
  expect(await left.queue.ready()).toBe(1);
  const [file, ...more] = readdirSync(join(service.folder, "captured"));
  expect(more).toEqual([]);
  expect(file).toMatch(/^probe1\..*\.1\.json$/);
  const [program, ...before] = slsArguments;
  execFileSync(program, [...before, "invoke", "local", "-f", "probe1", "-p", join("captured", file ?? "")], {
    cwd: service.folder,
    env: { PATH: process.env.PATH, HOME: service.folder },
  });
  const [first, again] = chosen.probe.notes();
  expect(again?.event).toEqual(first?.event);
  for (const one of [chosen.topic, left.queue]) await one[Symbol.asyncDispose]();
});

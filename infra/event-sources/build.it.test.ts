import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join, resolve } from "node:path";
import { expect, inject, test } from "vitest";
import { buildPackage } from "./build.ts";
import { kafkaProbe, rabbitMQProbe } from "./fixture-brokers.ts";
import { FixtureService } from "./fixture-service.ts";

const { brokers, rabbitmqUrl } = inject("services");
const modules = resolve(import.meta.dirname, "../../node_modules");

test("the built package works in a project of its own, under plain `sls offline`, and types its events", async () => {
  await using service = new FixtureService({
    env: { KAFKA_BROKERS: brokers.join(","), RABBITMQ_URL: rabbitmqUrl },
    command: ["offline"],
    plugin: "serverless-offline-event-sources",
  });
  const { topic, probe } = kafkaProbe(service, brokers, { behaviour: "reject-string" });
  const { queue, probe: reader } = rabbitMQProbe(service, rabbitmqUrl, {});
  const installed = join(service.folder, "node_modules");
  await buildPackage(join(installed, "serverless-offline-event-sources"));
  for (const name of ["serverless", "serverless-offline", "@types", "undici-types"])
    symlinkSync(join(modules, name), join(installed, name));
  await service.start();
  for (const compression of ["snappy", "lz4", "zstd"] as const)
    await topic.produce([{ value: Buffer.from("1") }], compression);
  await queue.publishNumbers(1);
  await probe.until("3 records", () => probe.done().length > 0 && probe.status()?.lag === 0);
  await reader.until("1 message", () => reader.done().length === 1);
  expect(probe.lines().some((line) => line.includes("Error: told to reject"))).toBe(true);
  expect(await service.stop()).toBe(0);

  const built = join(installed, "serverless-offline-event-sources");
  expect(readdirSync(built)).toEqual(expect.arrayContaining(["README.md", "LICENSE", "index.d.ts"]));
  // Each file is all of itself; the plugin takes the project's serverless-offline alone.
  const scripts = readdirSync(built).filter((name) => name.endsWith(".js"));
  expect(scripts).toEqual(["index.js", "kafka.js", "main.js", "rabbitmq.js", "worker.js"]);
  const imports = scripts.flatMap((name) => importsOf(readFileSync(join(built, name), "utf8")));
  expect(imports.filter((name) => !isBuiltin(name))).toEqual(["serverless-offline/lambda"]);
  const help = execFileSync(process.execPath, [join(built, "main.js"), "--help"], { stdio: "pipe" });
  expect(String(help)).toContain("Usage: event-sources run");

  writeFileSync(join(service.folder, "typed.ts"), typed);
  const language = [
    "--noEmit",
    "--strict",
    "--target",
    "es2024",
    "--module",
    "nodenext",
    "--types",
    "node",
    "--ignoreConfig",
  ];
  execFileSync(join(modules, ".bin/tsc"), [...language, "typed.ts"], { cwd: service.folder, stdio: "pipe" });
  await Promise.all([topic, queue].map((one) => one[Symbol.asyncDispose]()));
});

const importsOf = (script: string) =>
  [...script.matchAll(/^import\b.*?"([^"]+)";?$|\bimport\("([^"]+)"\)/gm)].map(
    ([, fixed, lazy]) => fixed ?? lazy ?? "",
  );

const typed = `import EventSources from "serverless-offline-event-sources";
import { decodeKafkaEvent, type KafkaEvent } from "serverless-offline-event-sources/kafka";
import { decodeRabbitMQEvent, type RabbitMQEvent } from "serverless-offline-event-sources/rabbitmq";
export const values = (event: KafkaEvent): (Buffer | null)[] => decodeKafkaEvent(event).map(({ value }) => value);
export const bodies = (event: RabbitMQEvent): Buffer[] => decodeRabbitMQEvent(event).map(({ body }) => body);
export const plugin: new (...parameters: never) => object = EventSources;
`;

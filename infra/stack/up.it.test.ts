import { type ChildProcess, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { projectRoot } from "../settings.ts";
import { openStack, type Stack } from "../test/stack.ts";
import { findByEnvironment } from "./alive.ts";
import type { StackStatus } from "./status.ts";

let stack: Stack;
beforeAll(async () => {
  stack = await openStack();
  await stack.sluice("up", ...services, "--detach");
}, 120_000);
afterAll(() => stack.close());

/** Two of them; the end-to-end test has them all. */
const services = ["clickhouse", "rabbitmq"];

const status = async (): Promise<StackStatus> => JSON.parse(await stack.sluice("status", "--json"));

/** Every process of this stack, whoever started it: services, epmd, downloads. */
const processes = () => findByEnvironment({ SLUICE_STACK: stack.settings.home });

async function pids(): Promise<Record<string, number | undefined>> {
  const { services } = await status();
  return Object.fromEntries(Object.entries(services).map(([name, { pid }]) => [name, pid]));
}

it("starts again what was killed, and leaves the others alone", async () => {
  const { clickhouse, ...others } = await pids();
  if (!clickhouse) throw new Error("ClickHouse does not run: there is nothing to kill");
  process.kill(clickhouse, "SIGKILL");
  await sleep(100);
  const killed = await status();
  expect(killed.services.clickhouse).toMatchObject({
    state: "stopped",
    reason: expect.stringContaining("died"),
  });

  await stack.sluice("up", ...services, "--detach");
  const { clickhouse: restarted, ...same } = await pids();
  expect(restarted).not.toBe(clickhouse);
  expect(same).toEqual(others);
  expect((await status()).services.clickhouse.state).toBe("running");
});

it("names a taken port and starts nothing, when another home wants the same", async () => {
  const home = `${stack.settings.home}/another`;
  const args = [join(projectRoot, "infra/sluice.js"), "up", ...services, "--detach"];
  const up = spawnSync(process.execPath, args, {
    env: { ...stack.env, SLUICE_HOME: home },
    encoding: "utf8",
  });
  expect(up.stderr).toMatch(/port \d+ is taken.*: set CLICKHOUSE_PORT .*\n.*: set RABBITMQ_PORT/);
  expect(up.status).toBe(1);
  expect(findByEnvironment({ SLUICE_STACK: home })).toEqual([]);
});

it("leaves nothing running after down", async () => {
  expect(processes()).not.toEqual([]);
  await stack.sluice("down");
  expect(processes()).toEqual([]);
  expect(Object.values((await status()).services).map(({ state }) => state)).toEqual(
    Array(6).fill("stopped"),
  );
});

it("stops what it started, epmd included, on Ctrl-C", async () => {
  const up = stack.start("up", "clickhouse", "rabbitmq");
  await ready(up);
  up.kill("SIGINT");
  const [code] = await once(up, "exit");
  expect(code).toBe(0);
  expect(processes()).toEqual([]);
}, 120_000);

it("is cleaned up after when it is killed with -9", async () => {
  const up = stack.start("up", "clickhouse", "rabbitmq");
  await ready(up);
  up.kill("SIGKILL");
  for (let tries = 0; tries < 200 && processes().length > 0; tries++) await sleep(100);
  expect(processes()).toEqual([]);
}, 120_000);

it("stops what it has begun to start when it is asked to end", async () => {
  const up = stack.start("up", "clickhouse", "postgres");
  for (let tries = 0; tries < 600 && processes().length < 2; tries++) await sleep(50);
  up.kill("SIGTERM");
  const [code] = await once(up, "exit");
  expect(code).toBe(143);
  expect(processes()).toEqual([]);
});

async function ready(up: ChildProcess): Promise<void> {
  let text = "";
  while (!/^Ready in/m.test(text)) {
    const [chunk] = await once(up.stdout ?? up, "data", { signal: AbortSignal.timeout(100_000) });
    text += chunk;
  }
}

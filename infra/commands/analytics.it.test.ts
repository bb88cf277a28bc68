import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { AnalyticsIngestionService } from "../sdk/analytics.ts";
import { projectRoot } from "../settings.ts";
import { openStack, type Stack, until } from "../test/stack.ts";

const run = promisify(execFile);
let stack: Stack;

beforeAll(async () => {
  stack = await openStack();
  await stack.sluice("analytics", "start", "--detach");
}, 240_000);

afterAll(() => stack.close(), 60_000);

test("analytics start runs what product events need and nothing else", async () => {
  const { services, mappings } = JSON.parse(await stack.sluice("status", "--json"));
  const running = Object.entries<{ state: string }>(services).filter(([, { state }]) => state === "running");
  expect(running.map(([name]) => name).sort()).toEqual(["clickhouse", "functions", "kafka"]);
  expect(mappings.filter(({ state }: { state: string }) => state === "polling")).toMatchObject([
    { function: "storeEvents", topic: "events" },
  ]);
});

test("npm run analytics:test 10 sends ten events a second, and each is in the tables", async () => {
  const args = ["run", "--silent", "analytics:test", "10", "--", "--count", "21", "--seed", "1", "--json"];
  const { stdout } = await run("npm", args, { cwd: projectRoot, env: stack.env });
  const told = JSON.parse(stdout);
  expect(told).toMatchObject({ seed: 1, sent: 21, dropped: 0 });
  expect(told.seconds).toBeGreaterThan(1.9);
  const stored = () => stack.value("SELECT count() FROM bilten_analytics.events WHERE source = 'generator'");
  expect(await until("21", stored, 20)).toBe("21");
});

test("new AnalyticsIngestionService() needs no more than the environment", async () => {
  vi.stubEnv("HTTP_PORT", stack.env.HTTP_PORT);
  vi.stubEnv("SLUICE_URL", undefined);
  vi.stubEnv("SLUICE_WRITE_KEY", stack.env.SLUICE_WRITE_KEY);
  const service = new AnalyticsIngestionService();
  vi.unstubAllEnvs();
  service.trackTicketSale({ event_id: "e", quantity: 2, price: "9.99", currency: "EUR" });
  expect(await service.close()).toBe(0);
  const sold = () =>
    stack.value("SELECT sum(price * quantity) FROM bilten_analytics.ticket_sales WHERE source = 'server'");
  expect(await until("19.98", sold, 20)).toBe("19.98");
});

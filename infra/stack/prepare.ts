import { setTimeout as sleep } from "node:timers/promises";
import { applyMigrations } from "../migrate/apply.ts";
import type { Settings } from "../settings.ts";
import { readMappings } from "./mappings.ts";
import { createDatabase } from "./postgres.ts";
import type { ServiceName } from "./service.ts";
import { applyQueues, applyTopics } from "./topology.ts";

/** What the functions expect to find in each service; every step may be repeated, also on a service that was given. */
const steps: Partial<Record<ServiceName, (settings: Settings, signal: AbortSignal) => Promise<unknown>>> = {
  clickhouse: applyMigrations,
  kafka: applyTopics,
  rabbitmq: applyQueues,
  postgres: createDatabase,
  functions: untilPolling,
};

/** Makes the tables, topics, exchanges and queues in a service that answers. */
export async function prepareService(
  service: ServiceName,
  settings: Settings,
  signal: AbortSignal,
): Promise<void> {
  try {
    await steps[service]?.(settings, signal);
  } catch (cause) {
    signal.throwIfAborted();
    throw new Error(`${service} runs, but cannot be prepared: ${(cause as Error).message}`, { cause });
  }
}

/** Seconds for the mappings to reach their brokers. Past that they go on trying by themselves: a broker may be missing. */
const patience = 5;

async function untilPolling(settings: Settings, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + patience * 1000;
  const isTrying = () => readMappings(settings)?.mappings.some(({ state }) => state === "retrying") ?? true;
  while (isTrying() && performance.now() < deadline) await sleep(100, undefined, { signal });
}

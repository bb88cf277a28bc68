import { applyMigrations } from "../migrate/apply.ts";
import type { Settings } from "../settings.ts";
import type { ServiceName } from "./service.ts";
import { applyQueues, applyTopics } from "./topology.ts";

/** What the functions expect to find in each service; every step may be repeated, also on a service that was given. */
const steps: Partial<Record<ServiceName, (settings: Settings) => Promise<unknown>>> = {
  clickhouse: applyMigrations,
  kafka: applyTopics,
  rabbitmq: applyQueues,
};

/** Makes the tables, topics, exchanges and queues in a service that answers. */
export async function prepareService(service: ServiceName, settings: Settings): Promise<void> {
  try {
    await steps[service]?.(settings);
  } catch (cause) {
    throw new Error(`${service} runs, but cannot be prepared: ${(cause as Error).message}`, { cause });
  }
}

import { setTimeout as sleep } from "node:timers/promises";
import type { Settings } from "../settings.ts";
import { isAlive } from "./alive.ts";
import { logFile } from "./log.ts";
import { readRun } from "./record.ts";
import { type ServiceName, serviceNames } from "./service.ts";

/**
 * Watches what runs here until the signal aborts: a line for each service that dies and for each that is back.
 * Returns when somebody else has stopped all of it.
 */
export async function watchServices(
  settings: Settings,
  line: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const dead = new Set<ServiceName>();
  for (;;) {
    const runs = serviceNames.flatMap((service) => {
      const run = readRun(settings, service);
      return run && run !== "corrupt" ? [{ service, run }] : [];
    });
    if (runs.length === 0) return line("Everything was stopped by another sluice command.");
    for (const { service, run } of runs) {
      if (isAlive(run)) {
        if (dead.delete(service)) line(`${service} runs again (pid ${run.pid}).`);
      } else if (!dead.has(service)) {
        dead.add(service);
        line(
          `${service} died (pid ${run.pid}); the others go on. Its log: ${logFile(settings, service)}. ` +
            `Start it again: npx sluice up ${service} --detach`,
        );
      }
    }
    await sleep(1000, undefined, { signal });
  }
}

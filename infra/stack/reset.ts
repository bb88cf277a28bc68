import { rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import type { Settings } from "../settings.ts";
import { down } from "./down.ts";
import { serviceNames } from "./service.ts";
import { services } from "./services.ts";

/** Stops everything and deletes the data, logs and records: only what is ours, whatever SLUICE_HOME names. */
export async function reset(settings: Settings): Promise<void> {
  await down(settings);
  await Promise.all(services.map((service) => service.clean?.(settings)));
  const ours = [...serviceNames, "logs", "run", "event-sources.json"].map((name) =>
    join(settings.home, name),
  );
  await Promise.all(ours.map((path) => rm(path, { recursive: true, force: true })));
  await rmdir(settings.home).catch(() => {}); // Not empty: what else is in it is not ours.
}

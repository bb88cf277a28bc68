import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import type { Settings } from "../settings.ts";
import { startedAt } from "./alive.ts";

const report = z.object({
  /** The process that runs the functions. */
  pid: z.number().int().positive(),
  mappings: z.array(
    z.looseObject({
      function: z.string(),
      source: z.enum(["kafka", "msk", "rabbitmq"]),
      queue: z.string().optional(),
      topic: z.string().optional(),
      state: z.string(),
      lag: z.number(),
    }),
  ),
});

export type Mapping = z.infer<typeof report>["mappings"][number];

/** The plugin's status file: `custom.eventSources.statusFile` in serverless.yml. */
export const mappingsFile = (settings: Settings) => join(settings.home, "event-sources.json");

/** What the plugin reported last, while the process that did so lives; it need not be one that `up` started. */
export function readMappings(settings: Settings): z.infer<typeof report> | undefined {
  try {
    const last = report.parse(JSON.parse(readFileSync(mappingsFile(settings), "utf8")));
    return startedAt(last.pid) === undefined ? undefined : last;
  } catch {
    return undefined;
  }
}

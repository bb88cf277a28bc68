import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import type { Settings } from "../settings.ts";
import { type ServiceName, serviceNames } from "./service.ts";

const run = z.object({
  pid: z.number().int().positive(),
  startedAt: z.string(),
  /** ISO 8601. */
  since: z.string(),
  /** The `up` that stops it when it ends; none when it was started to stay. */
  owner: z.string().optional(),
});

/** A service that was started and not stopped since: alive, or dead without our doing. */
export type Run = z.infer<typeof run>;

const file = (settings: Settings, service: ServiceName) => join(settings.home, "run", `${service}.json`);

/** What is on record, or `corrupt` when it cannot be read as one. */
export function readRun(settings: Settings, service: ServiceName): Run | "corrupt" | undefined {
  let text: string;
  try {
    text = readFileSync(file(settings, service), "utf8");
  } catch {
    return undefined;
  }
  try {
    return run.parse(JSON.parse(text));
  } catch {
    return "corrupt";
  }
}

export function writeRun(settings: Settings, service: ServiceName, value: Run): void {
  writeAtomically(file(settings, service), JSON.stringify(value));
}

export function forgetRun(settings: Settings, service: ServiceName): void {
  rmSync(file(settings, service), { force: true });
}

/** What this `up` started is to stay when it ends. */
export function disown(settings: Settings, owner: string): void {
  for (const service of serviceNames) {
    const run = readRun(settings, service);
    if (run && run !== "corrupt" && run.owner === owner)
      writeRun(settings, service, { ...run, owner: undefined });
  }
}

/** Writes the whole file or nothing of it, readable by this user only. */
export function writeAtomically(path: string, text: string): void {
  mkdirSync(join(path, ".."), { recursive: true });
  const partial = `${path}.${process.pid}`;
  writeFileSync(partial, text, { mode: 0o600 });
  renameSync(partial, path);
}

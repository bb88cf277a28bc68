import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import type { Settings } from "../settings.ts";
import { isAlive, type ProcessId, startedAt } from "./alive.ts";

const holder = z.object({ pid: z.number().int().positive(), startedAt: z.string() });

const lockFile = (settings: Settings) => join(settings.home, "run", "lock");

/** The live process that is changing this home, if one is. */
export function lockHolder(settings: Settings): ProcessId | undefined {
  const read = readHolder(lockFile(settings));
  return read && isAlive(read) ? read : undefined;
}

/**
 * Takes the lock of this home, so that one command at a time changes what runs; waits while a live process has it, which
 * `waiting` is told once. A lock whose holder is gone counts as free.
 * @returns what gives it back.
 */
export async function takeLock(
  settings: Settings,
  waiting: (holder: ProcessId) => void,
  signal: AbortSignal,
): Promise<() => void> {
  const file = lockFile(settings);
  mkdirSync(join(settings.home, "run"), { recursive: true });
  const mine = `${file}.${process.pid}`;
  let told = false;
  try {
    writeFileSync(mine, JSON.stringify({ pid: process.pid, startedAt: startedAt(process.pid) }));
    while (!link(mine, file)) {
      const other = lockHolder(settings);
      if (!other) removeStale(file);
      else {
        if (!told) waiting(other);
        told = true;
        await sleep(200, undefined, { signal });
      }
    }
  } finally {
    rmSync(mine, { force: true });
  }
  return () => rmSync(file, { force: true });
}

/** Moved aside before it is judged: two that find the same stale lock must not remove each other's new one. */
function removeStale(file: string): void {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return; // Somebody else did.
  }
  const read = readHolder(aside);
  if (read && isAlive(read)) link(aside, file);
  rmSync(aside, { force: true });
}

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function readHolder(file: string): ProcessId | undefined {
  try {
    return holder.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined;
  }
}

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { projectRoot, type Settings } from "../settings.ts";
import { findByEnvironment, isAlive, type ProcessId, startedAt } from "./alive.ts";
import { openLog } from "./log.ts";
import type { Launch } from "./service.ts";

/** Marks, in its environment, whatever belongs to a home, a service, and the `up` that started it. */
export const marks = (
  settings: Settings,
  { service, owner }: { service?: string | undefined; owner?: string | undefined } = {},
): Record<string, string> => ({
  SLUICE_STACK: settings.home,
  ...(service !== undefined && { SLUICE_SERVICE: service }),
  ...(owner !== undefined && { SLUICE_OWNER: owner }),
});

/** Starts a program in a process group of its own that outlives us; what it prints goes to the log of that name. */
export function spawnDetached(
  launch: Launch,
  settings: Settings,
  name: string,
  marked: Record<string, string>,
): ChildProcess {
  const log = openLog(settings, name);
  try {
    const env = { ...process.env, ...launch.env, ...marked };
    return spawn(launch.command, launch.args, {
      cwd: launch.cwd ?? projectRoot,
      ...launch.user,
      detached: true,
      stdio: ["ignore", log, log],
      env,
    });
  } finally {
    closeSync(log);
  }
}

/** A signal to the process, a bounded wait, then SIGKILL to all that is left of its group and of what bears its marks. */
export async function stopProcess(
  id: ProcessId,
  marked: Record<string, string>,
  seconds: number,
  signal: NodeJS.Signals = "SIGTERM",
): Promise<void> {
  if (isAlive(id)) send(id.pid, signal);
  await until(() => !isAlive(id), seconds);
  killGroup(id);
  await stopMarked(marked, 0);
}

/** The same for processes of which only the marks are known. */
export async function stopMarked(marked: Record<string, string>, seconds: number): Promise<void> {
  if (Object.keys(marked).length === 0) return;
  const left = () => findByEnvironment(marked);
  if (seconds > 0) for (const pid of left()) send(pid, "SIGTERM");
  await until(() => left().length === 0, seconds);
  // More than once: what is being killed may have started another.
  for (let round = 0; round < 100 && left().length > 0; round++) {
    for (const pid of left()) send(pid, "SIGKILL");
    await sleep(20);
  }
}

/** Kills what is left of a process group, unless its number now belongs to somebody else. */
export function killGroup(id: ProcessId): void {
  if (isAlive(id) || startedAt(id.pid) === undefined) send(-id.pid, "SIGKILL");
}

/** Waits until the condition holds or the time is up. */
async function until(condition: () => boolean, seconds: number): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (!condition() && performance.now() < deadline) await sleep(50);
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}

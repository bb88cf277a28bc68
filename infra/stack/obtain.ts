import type { ChildProcess } from "node:child_process";
import type { Settings } from "../settings.ts";
import { isAlive, startedAt } from "./alive.ts";
import { readLog } from "./log.ts";
import { marks, spawnDetached, stopProcess } from "./process.ts";
import type { Ready } from "./progress.ts";
import { untilReady } from "./ready.ts";
import { forgetRun, type Run, readRun, writeRun } from "./record.ts";
import { type Preparation, type Service, Unavailable } from "./service.ts";

/** Seconds until a service must answer: one that was given, one that runs already, one that we start. */
const patience = { given: 5, running: 20, started: 90 };

/** Seconds to stop in for one whose start is given up: it holds nothing yet that anybody was promised. */
const abandonSeconds = 2;

export const isGiven = (service: Service, settings: Settings) =>
  service.variable !== undefined && settings[service.variable] !== undefined;

export function isRunning(service: Service, settings: Settings): boolean {
  const run = readRun(settings, service.name);
  if (run !== undefined && run !== "corrupt" && isAlive(run)) return true;
  return run === undefined && service.elsewhere?.(settings) !== undefined;
}

/** Has the service answer: the given one, the running one, or one that is started now. */
export async function obtain(
  service: Service,
  preparation: Preparation,
): Promise<Pick<Ready, "by" | "started">> {
  const { settings, signal } = preparation;
  const explain = (what: string) => (error: Error) => {
    throw new Unavailable(`${what}: ${error.message}`);
  };
  if (isGiven(service, settings)) {
    const failed = explain(`${service.variable} does not answer as it should`);
    await untilReady(service, settings, { signal, seconds: patience.given }).catch(failed);
    return { by: "env", started: false };
  }
  if (isRunning(service, settings)) {
    const failed = explain("it runs, but does not answer as it should (`npx sluice down` stops it)");
    await untilReady(service, settings, { signal, seconds: patience.running }).catch(failed);
    return { by: "native", started: false };
  }
  await start(service, preparation);
  return { by: "native", started: true };
}

async function start(service: Service, preparation: Preparation): Promise<void> {
  const { settings, signal, owner } = preparation;
  const missing = service.missing();
  if (missing) throw new Unavailable(missing);
  const launch = await service.prepare(preparation);
  signal.throwIfAborted();

  const log = readLog(settings, service.name);
  const child = spawnDetached(
    launch,
    settings,
    service.name,
    marks(settings, { service: service.name, owner }),
  );
  child.unref();
  const run = await recorded(child, launch.command, owner);
  writeRun(settings, service.name, run);
  const check = () => {
    if (!isAlive(run)) throw new Unavailable("it ended before it was ready");
  };
  try {
    await untilReady(service, settings, { signal, check, seconds: patience.started });
  } catch (error) {
    const seconds = signal.aborted ? abandonSeconds : service.stopSeconds;
    await stopProcess(run, marks(settings, { service: service.name }), seconds);
    forgetRun(settings, service.name);
    throw new Unavailable(`${(error as Error).message}; ${log.tail()}`);
  }
}

/** The record of a program that runs; rejects when it cannot be run at all. */
function recorded(child: ChildProcess, command: string, owner: string | undefined): Promise<Run> {
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new Unavailable(`${command} cannot be run: ${error.message}`)));
    const { pid } = child;
    if (pid === undefined) return;
    resolve({ pid, startedAt: startedAt(pid) ?? "gone", since: new Date().toISOString(), owner });
  });
}

import type { ChildProcess } from "node:child_process";
import type { Settings } from "../settings.ts";
import { isAlive, startedAt } from "./alive.ts";
import { readLog } from "./log.ts";
import { requireFreePorts } from "./ports.ts";
import { marks, spawnDetached, stopProcess } from "./process.ts";
import type { Missing, Ready, Report } from "./progress.ts";
import { untilReady } from "./ready.ts";
import { forgetRun, readRun, writeRun } from "./record.ts";
import { type Preparation, type Service, type ServiceName, Unavailable } from "./service.ts";
import { services } from "./services.ts";
import { clearLeftovers } from "./stop.ts";

type StartOptions = {
  report?: Report;
  /** Gives the start up. What was started by then stays on record: `stopServices` stops it. */
  signal?: AbortSignal;
  /** The `up` that stops them when it ends; without one they stay until `down`. */
  owner?: string | undefined;
};

/** Seconds until a service that we started must answer, and one that was given. */
const patience = { native: 90, env: 5 };

/**
 * Starts what does not run of the named services, in parallel. One that cannot start leaves the others alone and is
 * answered as `unavailable`; a taken port is thrown before anything starts.
 */
export async function startServices(
  settings: Settings,
  names: readonly ServiceName[],
  options: StartOptions = {},
): Promise<(Ready | Missing)[]> {
  const { report = () => {}, signal = new AbortController().signal, owner } = options;
  const wanted = services.filter((service) => names.includes(service.name));
  const toStart = wanted.filter((service) => !isGiven(service, settings) && !isRunning(service, settings));
  await Promise.all(toStart.map((service) => clearLeftovers(service, settings)));
  await requireFreePorts(
    settings,
    toStart.flatMap((service) => service.ports),
  );

  const start = async (service: Service): Promise<Ready | Missing> => {
    const began = performance.now();
    const seconds = () => (performance.now() - began) / 1000;
    const note = (text: string) => report({ service: service.name, state: "starting", note: text });
    report({ service: service.name, state: "starting" });
    try {
      const preparation = { settings, signal, owner, note };
      const how = await startOne(service, preparation);
      return { service: service.name, state: "ready", ...how, seconds: seconds() };
    } catch (error) {
      signal.throwIfAborted();
      return {
        service: service.name,
        state: "unavailable",
        reason: (error as Error).message,
        seconds: seconds(),
      };
    }
  };
  return Promise.all(
    wanted.map(async (service) => {
      const outcome = await start(service);
      report(outcome);
      return outcome;
    }),
  );
}

const isGiven = (service: Service, settings: Settings) =>
  service.variable !== undefined && settings[service.variable] !== undefined;

function isRunning(service: Service, settings: Settings): boolean {
  const run = readRun(settings, service.name);
  return run !== undefined && run !== "corrupt" && isAlive(run);
}

async function startOne(service: Service, preparation: Preparation): Promise<Pick<Ready, "by" | "started">> {
  const { settings, signal } = preparation;
  if (isGiven(service, settings)) {
    await untilReady(service, settings, { signal, seconds: patience.env }).catch((error) => {
      throw new Unavailable(`${service.variable} does not answer as it should: ${(error as Error).message}`);
    });
    return { by: "env", started: false };
  }
  if (isRunning(service, settings)) {
    await untilReady(service, settings, { signal, seconds: patience.native });
    return { by: "native", started: false };
  }
  const missing = service.missing();
  if (missing) throw new Unavailable(missing);
  const launch = await service.prepare(preparation);
  signal.throwIfAborted();

  const log = readLog(settings, service.name);
  const child = spawnDetached(
    launch,
    settings,
    service.name,
    marks(settings, service.name, preparation.owner),
  );
  child.unref();
  const pid = await started(child, launch.command);
  const run = {
    pid,
    startedAt: startedAt(pid) ?? "gone",
    since: new Date().toISOString(),
    owner: preparation.owner,
  };
  writeRun(settings, service.name, run);
  const check = () => {
    if (!isAlive(run)) throw new Unavailable(`it ended before it was ready; ${log.tail()}`);
  };
  try {
    await untilReady(service, settings, { signal, check, seconds: patience.native });
  } catch (error) {
    signal.throwIfAborted();
    await stopProcess(run, marks(settings, service.name), service.stopSeconds);
    forgetRun(settings, service.name);
    if (error instanceof Unavailable) throw error;
    throw new Unavailable(`it does not answer: ${(error as Error).message}; ${log.tail()}`);
  }
  return { by: "native", started: true };
}

/** The process id once the program runs; rejects when it cannot be run at all. */
function started(child: ChildProcess, command: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new Unavailable(`${command} cannot be run: ${error.message}`)));
    if (child.pid !== undefined) resolve(child.pid);
  });
}

import type { ChildProcess } from "node:child_process";
import type { Settings } from "../settings.ts";
import { isAlive, startedAt } from "./alive.ts";
import { readLog } from "./log.ts";
import { checkPorts } from "./ports.ts";
import { marks, spawnDetached, stopProcess } from "./process.ts";
import type { Outcome, Ready, Report } from "./progress.ts";
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
  /** What is done with a service that answers, before it counts as ready. */
  prepare?: (service: ServiceName, settings: Settings) => Promise<void>;
};

/** Seconds until a service that we started must answer, and one that was given. */
const patience = { native: 90, env: 5 };

/**
 * Starts what does not run of the named services, in parallel. One that cannot start leaves the others alone and is answered as
 * `unavailable`. Rejects, once nothing is under way any more, when it is given up or a service cannot be prepared.
 * @throws PortsTaken before anything starts.
 */
export async function startServices(
  settings: Settings,
  names: readonly ServiceName[],
  options: StartOptions = {},
): Promise<Outcome[]> {
  const { report = () => {}, signal = new AbortController().signal, owner, prepare } = options;
  await requireFreePorts(settings, names);

  const start = async (service: Service): Promise<Outcome> => {
    const began = performance.now();
    const seconds = () => (performance.now() - began) / 1000;
    const { name } = service;
    report({ service: name, state: "starting" });
    const note = (text: string) => report({ service: name, state: "starting", note: text });
    const outcome = await startOne(service, { settings, signal, owner, note }).then(
      async (how): Promise<Outcome> => {
        await prepare?.(name, settings);
        return { service: name, state: "ready", ...how, seconds: seconds() };
      },
      (error): Outcome => {
        signal.throwIfAborted();
        return { service: name, state: "unavailable", reason: (error as Error).message, seconds: seconds() };
      },
    );
    report(outcome);
    return outcome;
  };
  const wanted = services.filter(({ name }) => names.includes(name));
  const settled = await Promise.allSettled(wanted.map(start));
  signal.throwIfAborted();
  return settled.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}

/**
 * Clears away what a crash left of the named services, and checks that those to be started find their ports free.
 * @throws PortsTaken naming each port, its holder and its variable.
 */
export async function requireFreePorts(settings: Settings, names: readonly ServiceName[]): Promise<void> {
  const toStart = services.filter(
    (service) => names.includes(service.name) && !isGiven(service, settings) && !isRunning(service, settings),
  );
  await Promise.all(toStart.map((service) => clearLeftovers(service, settings)));
  await checkPorts(
    settings,
    toStart.flatMap(({ ports }) => ports),
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
    marks(settings, { service: service.name, owner: preparation.owner }),
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
    await stopProcess(run, marks(settings, { service: service.name }), service.stopSeconds);
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

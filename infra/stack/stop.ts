import type { Settings } from "../settings.ts";
import { findByEnvironment, isAlive } from "./alive.ts";
import { killGroup, marks, stopMarked, stopProcess } from "./process.ts";
import type { Report } from "./progress.ts";
import { forgetRun, readRun } from "./record.ts";
import type { Service, ServiceName } from "./service.ts";
import { services } from "./services.ts";

type StopOptions = {
  report?: Report;
  /** Only what this `up` started. */
  owner?: string | undefined;
};

/** They end well only while those they work with still answer. */
const first: readonly ServiceName[] = ["functions", "connect"];

/**
 * Stops the named services (all by default) as far as they run here: first the functions, so that their batches end while
 * the brokers still answer, and Connect, then the others in parallel. Answers the names of those that ran.
 */
export async function stopServices(
  settings: Settings,
  names: readonly ServiceName[] = services.map((service) => service.name),
  { report = () => {}, owner }: StopOptions = {},
): Promise<ServiceName[]> {
  const stopped: ServiceName[] = [];
  const stop = async (service: Service) => {
    if (!isOurs(service, settings, owner)) return;
    const began = performance.now();
    report({ service: service.name, state: "stopping" });
    await stopOne(service, settings);
    stopped.push(service.name);
    report({ service: service.name, state: "stopped", seconds: (performance.now() - began) / 1000 });
  };
  const wanted = services.filter((service) => names.includes(service.name));
  await Promise.all(wanted.filter(({ name }) => first.includes(name)).map(stop));
  await Promise.all(wanted.filter(({ name }) => !first.includes(name)).map(stop));
  return stopped;
}

function isOurs(service: Service, settings: Settings, owner: string | undefined): boolean {
  const run = readRun(settings, service.name);
  if (owner !== undefined) return run !== undefined && run !== "corrupt" && run.owner === owner;
  return run !== undefined || findByEnvironment(marks(settings, { service: service.name })).length > 0;
}

async function stopOne(service: Service, settings: Settings): Promise<void> {
  const run = readRun(settings, service.name);
  const marked = marks(settings, { service: service.name });
  if (run && run !== "corrupt" && isAlive(run))
    await stopProcess(run, marked, service.stopSeconds, service.stopSignal);
  else await clearLeftovers(service, settings);
  forgetRun(settings, service.name);
}

/** Ends what a dead or unreadable record left behind, so that a new start finds the ports and the data free. */
export async function clearLeftovers(service: Service, settings: Settings): Promise<void> {
  const run = readRun(settings, service.name);
  if (run && run !== "corrupt") killGroup(run);
  await stopMarked(marks(settings, { service: service.name }), service.stopSeconds);
}

import type { Settings } from "../settings.ts";
import { isGiven, isRunning, obtain } from "./obtain.ts";
import { checkPorts } from "./ports.ts";
import type { Outcome, Report } from "./progress.ts";
import type { Service, ServiceName } from "./service.ts";
import { services } from "./services.ts";
import { clearLeftovers } from "./stop.ts";

type StartOptions = {
  report?: Report;
  /** Gives the start up. What was started by then stays on record: `stopServices` stops it. */
  signal?: AbortSignal;
  /** The `up` that stops them when it ends; without one they stay until `down`. */
  owner?: string | undefined;
  /** What is done with a service that answers, before it counts as ready. */
  prepare?: (service: ServiceName, settings: Settings, signal: AbortSignal) => Promise<void>;
};

/**
 * Starts what does not run of the named services, in parallel. One that cannot start leaves the others alone and is answered as
 * `unavailable`. When the start is given up or a service cannot be prepared, it rejects once nothing is under way any more.
 * @throws PortsTaken before anything starts.
 */
export async function startServices(
  settings: Settings,
  names: readonly ServiceName[],
  options: StartOptions = {},
): Promise<Outcome[]> {
  const { report = () => {}, owner, prepare } = options;
  const failure = new AbortController();
  const signal = AbortSignal.any([failure.signal, ...(options.signal ? [options.signal] : [])]);
  await requireFreePorts(settings, names);

  const start = async (service: Service): Promise<Outcome> => {
    const began = performance.now();
    const seconds = () => (performance.now() - began) / 1000;
    const { name } = service;
    report({ service: name, state: "starting" });
    const note = (text: string) => report({ service: name, state: "starting", note: text });
    const outcome = await obtain(service, { settings, signal, owner, note }).then(
      async (how): Promise<Outcome> => {
        await prepare?.(name, settings, signal).catch((error) => {
          failure.abort(error);
          throw error;
        });
        return { service: name, state: "ready", ...how, seconds: seconds() };
      },
      (error): Outcome => {
        signal.throwIfAborted();
        return { service: name, state: "unavailable", reason: reason(error, settings), seconds: seconds() };
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

const reason = (error: NodeJS.ErrnoException, { home }: Settings) =>
  error.code === "ENOSPC" ? `the disk that holds ${home} (SLUICE_HOME) is full` : error.message;

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

import { randomUUID } from "node:crypto";
import type { Settings } from "../settings.ts";
import { openGuard } from "./guard.ts";
import { requireHome } from "./home.ts";
import { watchInterruption } from "./interruption.ts";
import { takeLock } from "./lock.ts";
import { openNarration } from "./narrate.ts";
import { prepareService } from "./prepare.ts";
import { marks, stopMarked } from "./process.ts";
import type { Outcome, Report } from "./progress.ts";
import { disown } from "./record.ts";
import type { ServiceName } from "./service.ts";
import { requireFreePorts, startServices } from "./start.ts";
import { stopServices } from "./stop.ts";
import { readyTable } from "./table.ts";

/** What an `up` does while the stack runs; it ends when the signal aborts. */
export type Stay = (settings: Settings, owner: string, signal: AbortSignal) => Promise<void>;

/**
 * Starts what does not run of the named services and prepares it for the functions. Whatever ends this process, all that this
 * call started is stopped then, and nothing else.
 * @param stay comes in between; without it, everything is left running once it is ready.
 * @returns the exit code: 0 when everything was ready.
 */
export async function up(settings: Settings, names: readonly ServiceName[], stay?: Stay): Promise<number> {
  requireHome(settings);
  const owner = randomUUID();
  const interruption = watchInterruption(() => void stopMarked(marks(settings, { owner }), 0));
  const closeGuard = openGuard(settings, owner);
  let code: number | undefined;
  let left = false;
  try {
    const outcomes = await bringUp(settings, names, owner, { signal: interruption.signal, detach: !stay });
    left = !stay;
    code = outcomes.every(({ state }) => state === "ready") ? 0 : 1;
    if (outcomes.some(({ state }) => state === "ready")) await stay?.(settings, owner, interruption.signal);
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    code ??= interruption.code();
  } finally {
    if (!left) await stopOwned(settings, owner);
    closeGuard();
    interruption.close();
  }
  return code ?? 1;
}

async function bringUp(
  settings: Settings,
  names: readonly ServiceName[],
  owner: string,
  { signal, detach }: { signal: AbortSignal; detach: boolean },
): Promise<Outcome[]> {
  const began = performance.now();
  const { report, line, end } = openNarration("starting");
  const waiting = ({ pid }: { pid: number }) => line(`waiting for the sluice command with pid ${pid} to end`);
  let release = () => {};
  try {
    release = await takeLock(settings, waiting, signal);
    await requireFreePorts(settings, names);
    const outcomes = await startAll(settings, names, { owner, signal, report });
    if (detach) disown(settings, owner);
    end();
    process.stdout.write(readyTable(settings, outcomes, (performance.now() - began) / 1000));
    return outcomes;
  } finally {
    end();
    release();
  }
}

/** Change data capture starts beside the others: the functions do not wait for it. */
const isCapture = (name: ServiceName) => name === "postgres" || name === "connect";

async function startAll(
  settings: Settings,
  names: readonly ServiceName[],
  { owner, signal, report }: { owner: string; signal: AbortSignal; report: Report },
): Promise<Outcome[]> {
  const failure = new AbortController();
  const options = { owner, report, signal: AbortSignal.any([signal, failure.signal]) };
  const start = (wanted: (name: ServiceName) => boolean) =>
    startServices(settings, names.filter(wanted), { ...options, prepare: prepareService });
  const capture = start(isCapture);
  const others = start((name) => name !== "functions" && !isCapture(name));
  const functions = others.then(() => start((name) => name === "functions"));
  const captured = Promise.all([others, capture]).then(([ready, ...more]) =>
    captureTables(settings, [...ready, ...more.flat()], options),
  );
  const started = [captured, functions];
  for (const one of started) one.catch((error) => failure.abort(error));
  await Promise.allSettled(started);
  return (await Promise.all(started)).flat();
}

/** Sets up what sql/cdc.yml lists, once all that takes part in it is ready; what keeps it from that is told of `connect`. */
async function captureTables(
  settings: Settings,
  outcomes: Outcome[],
  { signal, report }: { signal: AbortSignal; report: Report },
): Promise<Outcome[]> {
  const began = performance.now();
  const isReady = (name: ServiceName) =>
    outcomes.some(({ service, state }) => service === name && state === "ready");
  if (!(["clickhouse", "kafka", "postgres", "connect"] as const).every(isReady)) return outcomes;
  try {
    const [{ setUp }, { readCdcConfig }] = await Promise.all([
      import("../cdc/setup.ts"),
      import("../cdc/config.ts"),
    ]);
    await setUp(settings, readCdcConfig(), { signal });
    return outcomes;
  } catch (error) {
    signal.throwIfAborted();
    const reason = `it runs, but ${(error as Error).message}`;
    const failed: Outcome = {
      service: "connect",
      state: "unavailable",
      reason,
      seconds: (performance.now() - began) / 1000,
    };
    report(failed);
    return outcomes.map((outcome) => (outcome.service === "connect" ? failed : outcome));
  }
}

async function stopOwned(settings: Settings, owner: string): Promise<void> {
  const narration = openNarration("stopping");
  try {
    await stopServices(settings, undefined, { owner, report: narration.report });
    await stopMarked(marks(settings, { owner }), 0);
  } finally {
    narration.end();
  }
}

import type { Settings } from "../settings.ts";
import { isAlive } from "./alive.ts";
import { type Mapping, readMappings } from "./mappings.ts";
import { isGiven } from "./obtain.ts";
import type { By } from "./progress.ts";
import { readRun } from "./record.ts";
import type { Service, ServiceName } from "./service.ts";
import { services } from "./services.ts";
import { whereabouts } from "./whereabouts.ts";

export type ServiceStatus = ({ url: string } | { brokers: string[] }) & {
  state: "running" | "starting" | "stopped" | "unavailable";
  by: By;
  /** The process that holds the data; not of a given service. */
  pid?: number;
  /** ISO 8601, when it was started. */
  since?: string;
  /** Why it does not run, or not yet. */
  reason?: string;
};

/** What `status --json` prints: the contract for scripts. */
export type StackStatus = {
  /** Every service that some enabled mapping needs is running. */
  ready: boolean;
  services: Record<ServiceName, ServiceStatus>;
  keys: { read: string; write: string };
  mappings: Mapping[];
};

/** Asks every service now, in parallel. */
export async function readStatus(settings: Settings): Promise<StackStatus> {
  const entries = await Promise.all(
    services.map(async (service) => [service.name, await serviceStatus(service, settings)] as const),
  );
  const byName = Object.fromEntries(entries) as Record<ServiceName, ServiceStatus>;
  const reported = byName.functions.state === "running" ? (readMappings(settings)?.mappings ?? []) : [];
  return {
    ready: isReady(byName, reported),
    services: byName,
    keys: { read: settings.SLUICE_READ_KEY, write: settings.SLUICE_WRITE_KEY },
    mappings: reported,
  };
}

/**
 * Every mapping writes to ClickHouse and reads from its source's broker. While none has reported, all services count: the
 * functions too when they are meant to run, not when they were left out.
 */
function isReady(status: Record<ServiceName, ServiceStatus>, mappings: Mapping[]): boolean {
  const sources = mappings.map(({ source }) => (source === "rabbitmq" ? "rabbitmq" : "kafka"));
  const needed: ServiceName[] = [
    "clickhouse",
    ...(mappings.length > 0 ? sources : (["kafka", "rabbitmq"] as const)),
  ];
  const functionsAreMeantToRun =
    status.functions.state !== "stopped" || status.functions.reason !== undefined;
  if (functionsAreMeantToRun) needed.push("functions");
  return needed.every((name) => status[name].state === "running");
}

async function serviceStatus(service: Service, settings: Settings): Promise<ServiceStatus> {
  const problem = await service.probe(settings).then(
    () => undefined,
    (error: Error) => error.message,
  );
  if (isGiven(service, settings)) {
    const where = { ...whereabouts(service, settings), by: "env" } as const;
    if (problem === undefined) return { ...where, state: "running" };
    return { ...where, state: "unavailable", reason: `${service.variable}: ${problem}` };
  }
  const where = { ...whereabouts(service, settings), by: "native" } as const;
  const run = readRun(settings, service.name);
  if (!run) {
    const pid = service.elsewhere?.(settings);
    if (pid !== undefined && problem === undefined) return { ...where, state: "running", pid };
    const missing = service.missing();
    return missing ? { ...where, state: "unavailable", reason: missing } : { ...where, state: "stopped" };
  }
  if (run === "corrupt")
    return { ...where, state: "stopped", reason: "its record cannot be read; `sluice up` repairs it" };
  const { pid, since } = run;
  if (!isAlive(run))
    return {
      ...where,
      state: "stopped",
      since,
      reason: `it died (pid ${pid}); see \`sluice logs ${service.name}\``,
    };
  if (problem === undefined) return { ...where, state: "running", pid, since };
  return { ...where, state: "starting", pid, since, reason: problem };
}

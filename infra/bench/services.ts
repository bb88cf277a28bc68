import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openAdmin as open } from "../admin.ts";
import { freePorts } from "../event-sources/fixture-ports.ts";
import { applyMigrations } from "../migrate/apply.ts";
import { loadSettings, type Settings } from "../settings.ts";
import { createDatabase, postgres } from "../stack/postgres.ts";
import { readRun } from "../stack/record.ts";
import type { ServiceName } from "../stack/service.ts";
import { startServices } from "../stack/start.ts";
import { stopServices } from "../stack/stop.ts";
import type { BenchOptions } from "./bench.ts";

/** A folder that is gone when the benchmark is over. */
export async function openFolder({ cleanup }: Pick<BenchOptions, "cleanup">): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-bench-"));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Services of a benchmark's own: nothing a user has running is touched or measured. */
export async function openServices(
  { progress, cleanup }: Pick<BenchOptions, "progress" | "cleanup">,
  ...names: ServiceName[]
): Promise<Settings> {
  const home = await openFolder({ cleanup });
  const [clickhouse, kafka, rabbitmq, pg, connect] = (await freePorts(5)).map(String);
  const secret = () => randomBytes(12).toString("hex");
  const settings = loadSettings({
    SLUICE_HOME: home,
    CLICKHOUSE_PORT: clickhouse,
    KAFKA_PORT: kafka,
    RABBITMQ_PORT: rabbitmq,
    POSTGRES_PORT: pg,
    CONNECT_PORT: connect,
    CLICKHOUSE_PASSWORD: secret(),
    CLICKHOUSE_DEFAULT_PASSWORD: secret(),
    CLICKHOUSE_READER_PASSWORD: secret(),
    RABBITMQ_DEFAULT_PASS: secret(),
    POSTGRES_PASSWORD: secret(),
    POSTGRES_REPLICATION_PASSWORD: secret(),
  });
  cleanup.defer(async () => {
    await stopServices(settings);
    await postgres.clean?.(settings); // As root, it has its data elsewhere.
  });
  progress(`starting ${names.join(", ")}`);
  for (const outcome of await startServices(settings, names)) {
    if (outcome.state === "unavailable") throw new Error(`${outcome.service}: ${outcome.reason}`);
  }
  if (names.includes("clickhouse")) await applyMigrations(settings);
  if (names.includes("postgres")) await createDatabase(settings);
  return settings;
}

/** A client as user `default`, who may make tables. */
export function openAdmin(settings: Settings, { cleanup }: Pick<BenchOptions, "cleanup">) {
  const client = open(settings, { application: "sluice-bench" });
  cleanup.defer(() => client.close());
  return client;
}

/** The process that does a service's work. */
export function pidOf(settings: Settings, service: ServiceName): number {
  const run = readRun(settings, service);
  if (run === undefined || run === "corrupt") throw new Error(`${service} does not run`);
  return run.pid;
}

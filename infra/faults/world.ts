import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { type ClickHouse, startClickHouse } from "../clickhouse/server.ts";
import { applyMigrations } from "../migrate/apply.ts";
import { loadSettings } from "../settings.ts";
import { type Disk, mountDisk } from "./disk.ts";
import type { Condition } from "./fault.ts";
import { loadPipelines, type Pipeline } from "./pipelines.ts";
import type { PipelineName } from "./plan.ts";
import { conditionOn, createView, ownTable, slowBy, slowColumn, switches, viewsOf } from "./schema.ts";

/** A ClickHouse of the harness's own with the product's tables, views over them, and the means to break it. */
export interface World {
  pipelines: Record<PipelineName, Pipeline>;
  /** A number for each run: their rows share the tables. */
  nextRun(): number;
  /** What this machine allows to be done to it. */
  conditions: Condition[];
  password: string;
  port(): number;
  kill(): void;
  /** Resolves when the server answers; starts it again after a kill. */
  up(): Promise<void>;
  select<Row>(query: string): Promise<Row[]>;
  command(query: string): Promise<void>;
  slow(table: string, seconds: number): Promise<void>;
  set(condition: Condition, pipeline: Pipeline): Promise<void>;
  clear(condition: Condition, pipeline: Pipeline): Promise<void>;
  close(): Promise<void>;
}

const megabytes = 768;

export async function openWorld(): Promise<World> {
  const data = await mkdtemp(join(tmpdir(), "sluice-faults-"));
  const disk = await mountDisk(data, megabytes);
  const passwords = { default: secret(), rmq: secret() };
  const start = () => startClickHouse({ data: join(data, "clickhouse"), passwords });
  let server: ClickHouse;
  try {
    server = await start();
  } catch (error) {
    await remove(data, disk);
    throw error;
  }
  let runs = 0;
  let starting: Promise<void> | undefined;
  let client = connect(server, passwords.default);
  /** Asked again when the server was killed meanwhile: nothing here does harm twice. */
  const patiently = async <T>(ask: () => Promise<T>): Promise<T> => {
    await starting;
    return ask().catch((error) => {
      if (!starting) throw error;
      return starting.then(ask);
    });
  };
  const command = (query: string) => patiently(async () => void (await client.command({ query })));
  const pipelines = await loadPipelines();
  const world: World = {
    pipelines,
    nextRun: () => ++runs,
    conditions: [
      "view_throws",
      "view_refuses_row",
      "too_many_parts",
      "too_many_parts_in_view",
      ...(disk ? ["disk_full" as const] : []),
    ],
    password: passwords.rmq,
    port: () => server.port,
    kill() {
      if (starting) return;
      process.kill(server.pid, "SIGKILL");
      starting = restart();
    },
    up: async () => starting,
    select: <Row>(query: string) =>
      patiently(async () => (await client.query({ query, format: "JSONEachRow" })).json<Row>()),
    command,
    slow: (table, seconds) => command(slowBy(table, seconds)),
    async set(condition, pipeline) {
      if (condition === "disk_full") await disk?.fill();
      else await command(conditionOn(pipeline, condition).set);
    },
    async clear(condition, pipeline) {
      if (condition === "disk_full") await disk?.empty();
      else await command(conditionOn(pipeline, condition).clear);
    },
    async close() {
      await starting;
      await client.close();
      await server.close();
      await remove(data, disk);
    },
  };

  async function restart(): Promise<void> {
    while (isAlive(server.pid)) await sleep(5);
    await client.close();
    server = await start();
    client = connect(server, passwords.default);
    starting = undefined;
  }

  const env = { CLICKHOUSE_URL: server.url, CLICKHOUSE_DEFAULT_PASSWORD: passwords.default };
  try {
    await applyMigrations(loadSettings(env));
    for (const query of [ownTable, ...switches]) await command(query);
    for (const pipeline of Object.values(pipelines)) {
      await command(slowColumn(pipeline.table));
      for (const query of viewsOf(pipeline).flatMap(createView)) await command(query);
    }
  } catch (error) {
    await world.close();
    throw error;
  }
  return world;
}

const secret = () => randomBytes(12).toString("base64url");

const connect = ({ url }: ClickHouse, password: string): ClickHouseClient =>
  createClient({ url, username: "default", password, log: { level: ClickHouseLogLevel.OFF } });

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function remove(data: string, disk: Disk | undefined): Promise<void> {
  await disk?.unmount();
  await rm(data, { recursive: true, force: true });
}

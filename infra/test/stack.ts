import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { freePorts } from "../event-sources/fixture-ports.ts";
import { loadSettings, projectRoot, type Settings } from "../settings.ts";

const cli = join(projectRoot, "infra/sluice.js");

/** A whole stack of a test's own, driven as a user drives it: by the command. */
export interface Stack {
  settings: Settings;
  env: NodeJS.ProcessEnv;
  /** Runs `sluice …` to its end. @throws Error with its stderr unless it exits with 0. */
  sluice(...args: string[]): Promise<string>;
  /** Starts `sluice …` and leaves it running. */
  start(...args: string[]): ChildProcess;
  /** The single value of a SELECT, as user `reader`. */
  value(query: string): Promise<string>;
  /** The process id `sluice status` gives for a service. */
  pid(service: string): Promise<number>;
  close(): Promise<void>;
}

/** @param more further variables of its environment. */
export async function openStack(more: Record<string, string> = {}): Promise<Stack> {
  const home = await mkdtemp(join(tmpdir(), "sluice-stack-"));
  const [clickhouse, kafka, rabbitmq, postgres, connect, http, lambda] = (await freePorts(7)).map(String);
  const secret = () => randomBytes(12).toString("hex");
  const own = {
    SLUICE_HOME: home,
    CLICKHOUSE_PORT: clickhouse,
    KAFKA_PORT: kafka,
    RABBITMQ_PORT: rabbitmq,
    POSTGRES_PORT: postgres,
    CONNECT_PORT: connect,
    HTTP_PORT: http,
    LAMBDA_PORT: lambda,
    CLICKHOUSE_PASSWORD: secret(),
    CLICKHOUSE_DEFAULT_PASSWORD: secret(),
    CLICKHOUSE_READER_PASSWORD: secret(),
    RABBITMQ_DEFAULT_PASS: secret(),
    POSTGRES_PASSWORD: secret(),
    POSTGRES_REPLICATION_PASSWORD: secret(),
    SLUICE_READ_KEY: secret(),
    SLUICE_WRITE_KEY: secret(),
    GITHUB_WEBHOOK_SECRET: secret(),
    ...more,
  };
  // What vitest hands to tests is meant for them: functions must see the stack's addresses.
  const { CLICKHOUSE_URL: _url, KAFKA_BROKERS: _brokers, ...inherited } = process.env;
  const env = { ...inherited, ...own };
  const sluice = (...args: string[]) =>
    new Promise<string>((resolve, reject) => {
      execFile(process.execPath, [cli, ...args], { env, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
        error ? reject(new Error(`sluice ${args.join(" ")}: ${stderr}`, { cause: error })) : resolve(stdout),
      );
    });
  const settings = loadSettings(own);
  return {
    settings,
    env,
    sluice,
    start: (...args) => spawn(process.execPath, [cli, ...args], { env, stdio: ["ignore", "pipe", "pipe"] }),
    async value(query) {
      const client = createClient({
        url: settings.clickhouseUrl,
        username: "reader",
        password: settings.CLICKHOUSE_READER_PASSWORD,
        log: { level: ClickHouseLogLevel.OFF },
      });
      const read = async () => (await client.query({ query, format: "TabSeparated" })).text();
      return (await read().finally(() => client.close())).trim();
    },
    pid: async (service) => JSON.parse(await sluice("status", "--json")).services[service].pid,
    async close() {
      await sluice("reset", "--yes"); // As root, Postgres has its data elsewhere.
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Asks twice a second until the answer is the expected one; gives the last answer back for the assertion. */
export async function until(expected: string, ask: () => Promise<string>, seconds = 60): Promise<string> {
  const end = Date.now() + seconds * 1000;
  let answer = "";
  do {
    answer = await ask().catch((error) => String(error));
    if (answer === expected) break;
    await sleep(500);
  } while (Date.now() < end);
  return answer;
}

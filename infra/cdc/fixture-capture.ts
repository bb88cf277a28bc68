import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { createRandom } from "../generate/random.ts";
import { openStack, type Stack } from "../test/stack.ts";
import { readCdcConfig } from "./config.ts";
import type { FixtureTable } from "./fixture-tables.ts";
import { writeRandomly } from "./fixture-writer.ts";
import { verify } from "./verify.ts";

export const services = ["clickhouse", "kafka", "postgres", "connect", "functions"];

/** A stack of a test's own with a `cdc.yml` of its own. */
export interface Capture {
  stack: Stack;
  file: string;
  /** Writes the file: a line of YAML for each table. The functions read it at their next start. */
  list(tables: string[]): Promise<void>;
  withClient<T>(use: (client: Client) => Promise<T>): Promise<T>;
  /** Writers at a time, of so many random transactions each; one that Postgres leaves behind goes on when it is back. */
  write(writing: Writing): Promise<void>;
  /** What `cdc verify` finds. */
  verdicts(): ReturnType<typeof verify>;
  /** Kills a service as nobody would; nothing is told. */
  kill(service: string): Promise<void>;
  close(): Promise<void>;
}

export interface Writing {
  writers: number;
  each: number;
  seed: number;
  tables?: FixtureTable[];
  /** Awaited after each transaction. */
  onWritten?: () => Promise<void>;
}

export async function openCapture(): Promise<Capture> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-cdc-"));
  const file = join(folder, "cdc.yml");
  const stack = await openStack({ SLUICE_CDC: file });

  async function withClient<T>(use: (client: Client) => Promise<T>): Promise<T> {
    const client = new Client({ connectionString: stack.settings.postgresUrl });
    client.on("error", () => {});
    await client.connect();
    return await use(client).finally(() => client.end().catch(() => {}));
  }

  async function writeOn(seed: number, { each, tables, onWritten }: Writing): Promise<void> {
    const random = createRandom(seed);
    const written = { committed: 0, rolledBack: 0 };
    for (let interruptions = 0; ; interruptions++) {
      try {
        await withClient((client) => writeRandomly(client, random, each, { tables, written, onWritten }));
        return;
      } catch (error) {
        if (interruptions === 200) throw error;
        await sleep(500);
      }
    }
  }

  return {
    stack,
    file,
    withClient,
    list: (tables) =>
      writeFile(file, `publication: fixture\ntables:\n${tables.map((table) => `  - ${table}\n`).join("")}`),
    write: async (writing) => {
      const { writers, seed } = writing;
      await Promise.all(Array.from({ length: writers }, (_, n) => writeOn(seed + n, writing)));
    },
    verdicts: () => verify(stack.settings, readCdcConfig(file)),
    kill: async (service) => void process.kill(await stack.pid(service), "SIGKILL"),
    async close() {
      await stack.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRandom } from "../generate/random.ts";
import { openStack, type Stack } from "../test/stack.ts";
import { fixtureSchema, fixtureTables } from "./fixture-tables.ts";
import { writeRandomly } from "./fixture-writer.ts";
import type { Verdict } from "./verify.ts";

/** More by hand: SLUICE_CDC_TRANSACTIONS=10000 npx vitest run --config infra/vitest.config.ts infra/cdc/capture */
const transactions = Number(process.env.SLUICE_CDC_TRANSACTIONS ?? 400);
const seed = Number(process.env.SLUICE_CDC_SEED ?? 1);

let stack: Stack;
let folder: string;
const services = ["clickhouse", "kafka", "postgres", "connect", "functions"];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-cdc-"));
  const tables = fixtureTables.map(
    ({ name }) => `  - { table: public.${name}, as: github.${name}, history: ${name === "composite"} }`,
  );
  const file = join(folder, "cdc.yml");
  await writeFile(file, `publication: fixture\ntables:\n${tables.join("\n")}\n`);
  stack = await openStack({ SLUICE_CDC: file });
  await stack.sluice("up", "postgres", "--detach");
  await withClient((client) => client.query(fixtureSchema()));
  await withClient((client) => writeRandomly(client, createRandom(seed), 40)); // For the snapshot.
  await stack.sluice("up", ...services, "--detach");
}, 240_000);

afterAll(async () => {
  await stack.close();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

async function withClient<T>(use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: stack.settings.postgresUrl });
  client.on("error", () => {});
  await client.connect();
  return await use(client).finally(() => client.end());
}

const writers = (count: number, each: number, from: number) =>
  Promise.all(
    Array.from({ length: count }, (_, n) =>
      withClient((client) => writeRandomly(client, createRandom(from + n), each)),
    ),
  );

async function verify(): Promise<Verdict[]> {
  const { tables } = JSON.parse(await stack.sluice("cdc", "verify", "--json"));
  return tables;
}

const nothingWrong = fixtureTables.map(({ name }) =>
  expect.objectContaining({ table: `public.${name}`, differences: [], unsettled: [] }),
);

test("random transactions of concurrent writers over every type arrive as they were committed", async () => {
  await writers(4, transactions / 4, seed + 10);
  const verdicts = await verify();
  expect(verdicts).toEqual(nothingWrong);
  expect(verdicts.every(({ rows }) => rows > 0)).toBe(true);
  expect(await stack.value("SELECT count() FROM sluice.quarantine")).toBe("0");
}, 600_000);

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@clickhouse/client";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRandom } from "../generate/random.ts";
import { openStack, type Stack, until } from "../test/stack.ts";
import { type CdcConfig, readCdcConfig } from "./config.ts";
import { fixtureSchema, fixtureTables } from "./fixture-tables.ts";
import { writeRandomly } from "./fixture-writer.ts";
import { setUp } from "./setup.ts";
import { verify } from "./verify.ts";

/** More by hand: SLUICE_CDC_TRANSACTIONS=10000 SLUICE_CDC_KILLS=10 npx vitest run --config infra/vitest.config.ts infra/cdc/capture */
const transactions = Number(process.env.SLUICE_CDC_TRANSACTIONS ?? 400);
const kills = Number(process.env.SLUICE_CDC_KILLS ?? 1);
const seed = Number(process.env.SLUICE_CDC_SEED ?? 1);

let stack: Stack;
let folder: string;
let file: string;
const services = ["clickhouse", "kafka", "postgres", "connect", "functions"];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-cdc-"));
  const tables = fixtureTables.map(
    ({ name }) => `  - { table: public.${name}, as: github.${name}, history: ${name === "composite"} }`,
  );
  file = join(folder, "cdc.yml");
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

const verdicts = () => verify(stack.settings, readCdcConfig(file));

const nothingWrong = fixtureTables.map(({ name }) =>
  expect.objectContaining({ table: `public.${name}`, differences: [], unsettled: [] }),
);

test("random transactions of concurrent writers over every type arrive as they were committed", async () => {
  await writers(4, transactions / 4, seed + 10);
  const found = await verdicts();
  expect(found).toEqual(nothingWrong);
  expect(found.every(({ rows }) => rows > 0)).toBe(true);
  expect(await stack.value("SELECT count() FROM sluice.quarantine")).toBe("0");
}, 3_600_000);

test("verify holds while writes go on", async () => {
  const writing = writers(2, 40, seed + 20);
  const differences = (await verdicts()).flatMap((verdict) => verdict.differences);
  expect(differences).toEqual([]);
  await writing;
}, 300_000);

test("a row inserted by the transaction that waited for another one is there, though its LSN is the older", async () => {
  await withClient(async (first) => {
    await withClient(async (second) => {
      await first.query("BEGIN; INSERT INTO composite (\"Name\", no) VALUES ('order', 1)");
      await second.query("BEGIN");
      const waiting = second.query("INSERT INTO composite (\"Name\", no, big) VALUES ('order', 1, 'second')");
      await sleep(500); // Its record is in the log by now; it waits for the unique index.
      await first.query("DELETE FROM composite WHERE \"Name\" = 'order'; COMMIT");
      await waiting;
      await second.query("COMMIT");
    });
  });
  expect(await verdicts()).toEqual(nothingWrong);
  expect(await stack.value("SELECT big FROM github.composite WHERE Name = 'order'")).toBe("second");
}, 120_000);

test("what is killed underneath loses nothing", async () => {
  const order = ["functions", "connect", "clickhouse", "kafka", "postgres"];
  for (let n = 0; n < kills; n++) {
    const service = order[n % order.length] as string;
    const writing = service === "postgres" ? Promise.resolve() : writers(2, 30, seed + 100 + n);
    await sleep(700);
    process.kill(await stack.pid(service), "SIGKILL");
    await writing;
    await stack.sluice("up", ...services, "--detach");
    expect(await verdicts()).toEqual(nothingWrong);
  }
  const history = "SELECT count() - uniqExact(_version, _deleted, _key) FROM github.composite_history";
  expect(await stack.value(history)).toBe("0");
}, 3_600_000);

test("S1: a table without a key is refused before Postgres refuses its updates, with the remedy", async () => {
  await withClient((client) => client.query("CREATE TABLE keyless (name text, big boolean[])"));
  await expect(setUp(stack.settings, withTable("public.keyless"))).rejects.toThrow(
    /public\.keyless has no primary key[\s\S]*ALTER TABLE public\.keyless ADD PRIMARY KEY[\s\S]*big \(boolean\[\]\)[\s\S]*REPLICA IDENTITY FULL/,
  );
  expect(
    await withClient((client) => client.query("INSERT INTO keyless VALUES ('ann'); DELETE FROM keyless")),
  ).toBeDefined();
});

const withTable = (table: string): CdcConfig => {
  const config = readCdcConfig(file);
  return {
    ...config,
    tables: [...config.tables, { table, as: table.replace("public", "github"), history: false }],
  };
};

test("setup leaves alone what is right, and brings an added column to rows that are there", async () => {
  expect(await setUp(stack.settings, readCdcConfig(file))).toMatchObject({ connector: "unchanged" });
  await withClient((client) => client.query("ALTER TABLE composite ADD COLUMN extra text DEFAULT 'x'"));
  const { tables } = await setUp(stack.settings, readCdcConfig(file));
  expect(tables.find(({ table }) => table === "public.composite")).toMatchObject({
    added: ["extra"],
    readAgain: true,
  });
  const missing = "SELECT count() FROM github.composite WHERE extra IS NULL";
  expect(await until("0", () => stack.value(missing), 60)).toBe("0");
  expect(await verdicts()).toEqual(nothingWrong);
}, 120_000);

test("verify names the keys of rows that are not as in Postgres, and exits with 3", async () => {
  await withClient((client) =>
    client.query("INSERT INTO composite (\"Name\", no) VALUES ('wrong', 7), ('gone', 8)"),
  );
  await verdicts();
  const client = createClient({
    url: stack.settings.clickhouseUrl,
    username: "default",
    password: stack.settings.CLICKHOUSE_DEFAULT_PASSWORD,
  });
  const change = (what: string, name: string) =>
    client.command({
      query: `INSERT INTO github._composite SELECT * REPLACE (${what}, _version + 1 AS _version) FROM github._composite FINAL WHERE Name = '${name}'`,
    });
  await change("'other' AS big", "wrong");
  await change("1 AS _deleted", "gone");
  await client.close();
  const failed = await stack
    .sluice("cdc", "verify", "github.composite", "--json")
    .catch((error) => error.cause);
  expect(failed.code).toBe(3);
  const [verdict] = await verify(stack.settings, readCdcConfig(file), "github.composite");
  expect(verdict?.differences.toSorted((a, b) => (a.what < b.what ? -1 : 1))).toEqual([
    { key: ["gone", "8"], what: "only in Postgres" },
    { key: ["wrong", "7"], what: "other values" },
  ]);
}, 120_000);

import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@clickhouse/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRandom } from "../generate/random.ts";
import { until } from "../test/stack.ts";
import { type CdcConfig, readCdcConfig } from "./config.ts";
import { openConnect } from "./connect-api.ts";
import { type Capture, openCapture, services } from "./fixture-capture.ts";
import { fixtureSchema, fixtureTables, laterSchema, laterTables } from "./fixture-tables.ts";
import { setUp } from "./setup.ts";
import { verify } from "./verify.ts";

/**
 * More by hand, everything killed at random beneath 10,000 transactions:
 * SLUICE_CDC_TRANSACTIONS=10000 SLUICE_CDC_KILLS=15 npx vitest run --config infra/vitest.config.ts infra/cdc/capture -t killed
 */
const transactions = Number(process.env.SLUICE_CDC_TRANSACTIONS ?? 200);
const kills = Number(process.env.SLUICE_CDC_KILLS ?? 1);
const seed = Number(process.env.SLUICE_CDC_SEED ?? 1);

let capture: Capture;
let stack: Capture["stack"];
let withClient: Capture["withClient"];
const tables = fixtureTables.map(
  ({ name }) => `{ table: public.${name}, as: github.${name}, history: ${name === "composite"} }`,
);

beforeAll(async () => {
  capture = await openCapture();
  ({ stack, withClient } = capture);
  await capture.list(tables);
  await stack.sluice("up", "postgres", "--detach");
  await withClient((client) => client.query(fixtureSchema()));
  await capture.write({ writers: 1, each: 40, seed }); // For the snapshot.
  await stack.sluice("up", ...services, "--detach");
}, 240_000);

afterAll(() => capture.close(), 60_000);

const verdicts = () => capture.verdicts();

const isRight = ({ name }: { name: string }) =>
  expect.objectContaining({ table: `public.${name}`, differences: [], unsettled: [] });
const nothingWrong = fixtureTables.map(isRight);

test("random transactions of concurrent writers over every type arrive as they were committed", async () => {
  await capture.write({ writers: 4, each: transactions / 4, seed: seed + 10 });
  const found = await verdicts();
  expect(found).toEqual(nothingWrong);
  expect(found.every(({ rows }) => rows > 0)).toBe(true);
  expect(await stack.value("SELECT count() FROM sluice.quarantine")).toBe("0");
}, 3_600_000);

test("verify holds while writes go on", async () => {
  const writing = capture.write({ writers: 2, each: 40, seed: seed + 20 });
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
  const random = createRandom(seed + 100);
  const total = process.env.SLUICE_CDC_KILLS ? transactions : 80;
  let [done, allowed] = [0, total / kills];
  // While one is killed and started again so many are written as until the next.
  const onWritten = async () => {
    for (done++; done > allowed; ) await sleep(50);
  };
  const writing = capture.write({ writers: 4, each: total / 4, seed: seed + 100, onWritten });
  let victims: string[] = [];
  for (let n = 0; n < kills; n++) {
    while (done < (total * n) / kills) await sleep(50);
    if (victims.length === 0) victims = shuffle(random, services);
    // One in four is not alone.
    for (const service of victims.splice(0, random(4) === 0 ? 2 : 1)) await capture.kill(service);
    await sleep(random(2000));
    await stack.sluice("up", ...services, "--detach");
    allowed += total / kills;
  }
  await writing;
  expect(await verdicts()).toEqual(nothingWrong);
  const history = "SELECT count() - uniqExact(_version, _deleted, _key) FROM github.composite_history";
  expect(await stack.value(history)).toBe("0");
  expect(await stack.value("SELECT * FROM sluice.quarantine")).toBe("");
}, 7_200_000);

function shuffle<T>(random: (below: number) => number, items: readonly T[]): T[] {
  const left = [...items];
  return Array.from(items, () => left.splice(random(left.length), 1)[0] as T);
}

test("S1: a table without a key is refused before Postgres refuses its updates, with the remedy", async () => {
  await withClient((client) => client.query("CREATE TABLE keyless (name text, big boolean[])"));
  await expect(setUp(stack.settings, withTable("public.keyless"))).rejects.toThrow(
    /public\.keyless has no primary key[\s\S]*ALTER TABLE public\.keyless ADD PRIMARY KEY[\s\S]*big \(boolean\[\]\)[\s\S]*REPLICA IDENTITY FULL/,
  );
  expect(
    await withClient((client) => client.query("INSERT INTO keyless VALUES ('ann'); DELETE FROM keyless")),
  ).toBeDefined();
});

test("S4: a connector of the older kind, which flattens, is refused with each of its old options", async () => {
  const connect = openConnect(stack.settings);
  const config = readCdcConfig(capture.file);
  const { "transforms.snapshot.type": _, ...ours } = (await connect.config(config.connector)) ?? {};
  await connect.create("older", {
    ...ours,
    name: "older",
    "slot.name": "older",
    "database.server.name": "postgres",
    "table.whitelist": "public.composite",
    transforms: "flatten",
    "transforms.flatten.type": "org.apache.kafka.connect.transforms.Flatten$Value",
  });
  await expect(setUp(stack.settings, config)).rejects.toThrow(
    /the connector older writes to the topics postgres\.\* too\. It is of the older kind: (?=.*database\.server\.name \(here: `topic_prefix`)(?=.*table\.whitelist \(here: `tables`).*Flatten\$Value \(here: nothing[\s\S]*take it away/,
  );
  await connect.remove("older");
  expect(await setUp(stack.settings, config)).toMatchObject({ connector: "unchanged" });
}, 60_000);

test("status tells connector, slot and tables, and exits with 3 while nobody reads the log; verify exits with 0 and 1", async () => {
  const connect = openConnect(stack.settings);
  const { connector } = readCdcConfig(capture.file);
  const outcome = (...args: string[]) =>
    stack.sluice("cdc", ...args, "--json").then(
      (out) => ({ code: 0, out: JSON.parse(out) }),
      ({ cause, message }) => ({ code: cause.code, out: message as string }),
    );
  expect(await outcome("verify", "github.composite")).toMatchObject({
    code: 0,
    out: { tables: [{ table: "public.composite", differences: [] }] },
  });
  expect(await outcome("verify", "github.nobody")).toMatchObject({
    code: 1,
    out: expect.stringContaining("lists no table github.nobody"),
  });
  const { code, out } = await outcome("status");
  expect(code).toBe(0);
  expect(out).toMatchObject({
    ok: true,
    connector: { name: "sluice", state: "RUNNING" },
    slot: { name: "sluice", active: true, wal_status: "reserved", lag_bytes: expect.any(Number) },
    tables: fixtureTables.map(({ name }) => ({ table: `public.${name}`, behind: 0, being_read: false })),
  });
  await connect.stop(connector);
  expect(await until("3", async () => String((await outcome("status")).code), 20)).toBe("3");
  await connect.resume(connector);
  expect(await setUp(stack.settings, readCdcConfig(capture.file))).toMatchObject({ connector: "unchanged" });
}, 120_000);

const withTable = (table: string, as = table.replace("public", "github")): CdcConfig => {
  const config = readCdcConfig(capture.file);
  return { ...config, tables: [...config.tables, { table, as, history: false }] };
};

test("a database in which apply-changes may not write is refused, with the rights it lacks", async () => {
  await withClient((client) => client.query("CREATE TABLE orders (id bigint PRIMARY KEY)"));
  await expect(setUp(stack.settings, withTable("public.orders", "shop.orders"))).rejects.toThrow(
    /user rmq has no SELECT, INSERT on the database shop[\s\S]*GRANT SELECT ON shop\.\* TO reader/,
  );
});

test("setup leaves alone what is right, and brings an added column to rows that are there", async () => {
  const atOnce = [1, 2, 3].map(() => setUp(stack.settings, readCdcConfig(capture.file)));
  for (const outcome of await Promise.all(atOnce)) expect(outcome).toMatchObject({ connector: "unchanged" });
  await withClient((client) => client.query("ALTER TABLE composite ADD COLUMN extra text DEFAULT 'x'"));
  const { tables } = await setUp(stack.settings, readCdcConfig(capture.file));
  expect(tables.find(({ table }) => table === "public.composite")).toMatchObject({
    added: ["extra"],
    readAgain: true,
  });
  const missing = "SELECT count() FROM github.composite WHERE extra IS NULL";
  expect(await until("0", () => stack.value(missing), 60)).toBe("0");
  expect(await verdicts()).toEqual(nothingWrong);
}, 120_000);

test("one setup waits for another one to end, and says so", async () => {
  const config = readCdcConfig(capture.file);
  const notes: string[] = [];
  const setting = await withClient(async (other) => {
    await other.query("SELECT pg_advisory_lock(hashtext('sluice cdc setup'), hashtext($1))", [config.slot]);
    const waiting = setUp(stack.settings, config, { note: (text) => notes.push(text) });
    await sleep(1000);
    expect(notes).toEqual(["waiting for another setup to end"]);
    return { waiting };
  });
  expect(await setting.waiting).toMatchObject({ connector: "unchanged" });
}, 60_000);

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
  const [verdict] = await verify(stack.settings, readCdcConfig(capture.file), "github.composite");
  expect(verdict?.differences.toSorted((a, b) => (a.what < b.what ? -1 : 1))).toEqual([
    { key: ["gone", "8"], what: "only in Postgres" },
    { key: ["wrong", "7"], what: "other values" },
  ]);
}, 120_000);

test("a table listed later is read beside its changes: with some columns, and a key of its own", async () => {
  await withClient((client) => client.query(laterSchema()));
  await capture.write({ writers: 1, each: 200, seed: seed + 30, tables: laterTables });
  const writing = capture.write({ writers: 3, each: 200, seed: seed + 40, tables: laterTables });
  const listed = [
    "{ table: public.later, as: github.later, history: true }",
    '{ table: public.chosen, as: github.chosen, columns: [note, "weird, (col)"], key: [code, region] }',
  ];
  await capture.list([...tables, ...listed]);
  expect(await stack.sluice("cdc", "setup")).toMatch(
    /public\.later → github\.later: made, its rows are being read\n.*chosen: made, its rows are being read\nconnector changed/,
  );
  await capture.kill("functions"); // They know of a table from their next start.
  await stack.sluice("up", ...services, "--detach");
  await writing;
  expect((await verdicts()).slice(-2)).toEqual(laterTables.map(isRight));
  const columns =
    "SELECT groupArray(name) FROM system.columns WHERE database = 'github' AND table = 'chosen'";
  expect(await stack.value(columns)).toBe("['region','code','note','weird, (col)']");
}, 240_000);

// In `npm run test:long` alone: every table is read anew, twice.
if (process.env.SLUICE_LONG) {
  test("a slot that is gone is told, and --snapshot mends what happened in the meantime", async () => {
    const config = readCdcConfig(capture.file);
    await openConnect(stack.settings).stop(config.connector);
    await withClient(async (client) => {
      await client.query(
        "DELETE FROM composite; INSERT INTO composite (\"Name\", no, big) VALUES ('since', 1, 'x')",
      );
      const drop = () =>
        client.query("SELECT pg_drop_replication_slot($1)", [config.slot]).then(() => "gone");
      expect(await until("gone", drop, 20)).toBe("gone");
    });
    await expect(setUp(stack.settings, config)).rejects.toThrow(
      /the slot sluice is gone[\s\S]*npx sluice cdc setup --snapshot/,
    );
    const writing = capture.write({ writers: 2, each: 60, seed: seed + 50 });
    await stack.sluice("cdc", "setup", "--snapshot");
    await writing;
    expect(await verdicts()).toEqual([...fixtureTables, ...laterTables].map(isRight));
  }, 240_000);

  test("a connector that somebody deleted is made anew, and reads every row", async () => {
    const config = readCdcConfig(capture.file);
    await openConnect(stack.settings).remove(config.connector);
    await capture.write({ writers: 1, each: 20, seed: seed + 60 });
    expect(await setUp(stack.settings, config)).toMatchObject({ connector: "created" });
    expect(await verdicts()).toEqual([...fixtureTables, ...laterTables].map(isRight));
  }, 120_000);
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { freePorts } from "../event-sources/fixture-ports.ts";
import { loadSettings, type Settings } from "../settings.ts";
import { createDatabase, postgres } from "../stack/postgres.ts";
import { readRun } from "../stack/record.ts";
import { startServices } from "../stack/start.ts";
import { stopServices } from "../stack/stop.ts";
import { inventedAuthors } from "./commit-words.ts";
import type { Person } from "./people.ts";
import { openPeopleAuthors } from "./people-authors.ts";
import { type WritePeople, writePeople } from "./write-people.ts";

let settings: Settings;
let client: Client;

const start = async () => {
  const [outcome] = await startServices(settings, ["postgres"], { owner: `test ${process.pid}` });
  if (outcome?.state === "unavailable") throw new Error(outcome.reason);
  await createDatabase(settings);
};

const connect = async () => {
  client = new Client(settings.postgresUrl);
  client.on("error", () => {});
  await client.connect();
};

beforeAll(async () => {
  const [port] = await freePorts(1);
  settings = loadSettings({
    SLUICE_HOME: await mkdtemp(join(tmpdir(), "sluice-people-")),
    POSTGRES_PORT: `${port}`,
    POSTGRES_PASSWORD: "secret",
    POSTGRES_REPLICATION_PASSWORD: "secret",
  });
  await start();
  await connect();
}, 120_000);

afterAll(async () => {
  await client.end();
  await stopServices(settings);
  await postgres.clean?.(settings);
  await rm(settings.home, { recursive: true, force: true });
}, 60_000);

beforeEach(() =>
  client.query(`DROP TABLE IF EXISTS github_users, github_user_aliases;
    CREATE TABLE github_users (user_name text PRIMARY KEY, position text NOT NULL, team text NOT NULL, age integer);
    CREATE TABLE github_user_aliases (alias text PRIMARY KEY, user_name text NOT NULL)`),
);

const write = (options: Partial<WritePeople> = {}) =>
  writePeople({
    url: settings.postgresUrl,
    seed: 1,
    rate: Number.POSITIVE_INFINITY,
    count: 300,
    signal: new AbortController().signal,
    ...options,
  });

const people = async () => (await client.query<Person>("SELECT * FROM github_users ORDER BY user_name")).rows;

test("changes of every kind are committed, each counted by its kind", async () => {
  const { sent, ...kinds } = await write({ count: 500 });
  expect(sent).toBe(500);
  expect(Object.keys(kinds).sort()).toEqual([
    "birthday",
    "join",
    "leave",
    "move",
    "promotion",
    "rename",
    "return",
    "swap",
  ]);
  expect(Object.values(kinds).reduce((sum, n) => sum + n)).toBe(500);
  const { join = 0, return: back = 0, leave = 0 } = kinds;
  expect((await people()).length).toBe(join + back - leave);
});

test("the same seed on the same people leaves the same people", async () => {
  await write();
  const first = await people();
  await client.query("TRUNCATE github_users, github_user_aliases");
  await write();
  expect(await people()).toEqual(first);
});

test("who was renamed keeps the old name as an alias, however often", async () => {
  const { rename = 0 } = await write({ count: 2000 });
  const { rows } = await client.query("SELECT alias, user_name FROM github_user_aliases");
  expect(rename).toBeGreaterThan(20);
  expect(rows.length).toBeGreaterThan(10);
  const names = (await people()).map(({ user_name }) => user_name);
  expect(rows.some(({ user_name }) => names.includes(user_name))).toBe(true);
  expect(rows.filter(({ alias, user_name }) => alias === user_name)).toEqual([]);
});

test("two writers at once do not hinder each other", async () => {
  await Promise.all([write({ seed: 1, count: 400 }), write({ seed: 1, count: 400 })]);
  expect((await people()).length).toBeGreaterThan(5);
});

test("a table of three columns, without a key, is written too", async () => {
  await client.query(`DROP TABLE github_users, github_user_aliases;
    CREATE TABLE github_users (user_name text, position text, team text)`);
  expect((await write({ count: 100 })).sent).toBe(100);
});

test("people who are there already are those who change", async () => {
  await client.query(
    "INSERT INTO github_users SELECT 'p' || n, 'engineer', 'search', n FROM generate_series(1, 30) n",
  );
  await write({ count: 100 });
  expect((await people()).some(({ user_name }) => user_name.startsWith("p"))).toBe(true);
});

test("it keeps its rate, and ends when it is interrupted", async () => {
  const begin = performance.now();
  await write({ rate: 100, count: 100 });
  expect(performance.now() - begin).toBeGreaterThan(980);
  const { sent } = await write({
    rate: 50,
    count: Number.POSITIVE_INFINITY,
    signal: AbortSignal.timeout(500),
  });
  expect(sent).toBeGreaterThan(5);
});

test("invented commits are by the people there are; without any, or any Postgres, by invented ones", async () => {
  expect(await openPeopleAuthors("postgres://127.0.0.1:1/x")).toBeUndefined();
  const nobody = await openPeopleAuthors(settings.postgresUrl);
  expect([nobody?.people(), nobody?.authors()]).toEqual([0, inventedAuthors]);
  await nobody?.close();
  await write({ count: 10 });
  const authors = await openPeopleAuthors(settings.postgresUrl);
  const names = (await people()).map(({ user_name }) => user_name);
  expect([authors?.people(), authors?.authors().map(({ login }) => login)]).toEqual([10, names]);
  await authors?.close();
});

test("Postgres killed in between is waited for", async () => {
  const notices: string[] = [];
  const writing = write({ rate: 100, count: 300, onNotice: (text) => notices.push(text) });
  const run = readRun(settings, "postgres");
  if (!run || run === "corrupt") throw new Error("no record of Postgres");
  setTimeout(() => process.kill(run.pid, "SIGQUIT"), 500);
  setTimeout(start, 2500);
  expect((await writing).sent).toBe(300);
  expect(notices.length).toBeGreaterThan(0);
  await connect();
}, 60_000);

test("without a server or a table it says so in one sentence, without the password", async () => {
  await client.query("DROP TABLE github_users");
  await expect(write()).rejects.toThrow(
    /^Postgres at 127.*github-processing-project: there is no table github_users; `npx/,
  );
  const nobody = write({ url: "postgres://postgres:secret@127.0.0.1:1/x" });
  await expect(nobody).rejects.toThrow(
    /^Postgres at 127.0.0.1:1\/x does not answer \(ECONNREFUSED\).*npx sluice up.*POSTGRES_URL/,
  );
});

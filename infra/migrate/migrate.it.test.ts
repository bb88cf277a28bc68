import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ClickHouseClient, createClient } from "@clickhouse/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startClickHouse } from "../clickhouse/server.ts";
import type { Migration } from "./files.ts";
import { MigrationError, migrate, migrationStatus } from "./migrate.ts";

let client: ClickHouseClient;
let stop: () => Promise<void>;

/** A server of its own: the journal is one a server. */
beforeAll(async () => {
  const data = await mkdtemp(join(tmpdir(), "migrate-"));
  const server = await startClickHouse({ data, port: 0, passwords: { default: "secret" } });
  client = createClient({ url: server.url, username: "default", password: "secret" });
  stop = async () => {
    await client.close();
    await server.close();
    await rm(data, { recursive: true });
  };
});

afterAll(() => stop());

const file = (number: number, sql: string, sha256 = `hash of ${sql}`): Migration => ({
  number,
  name: `000${number}_test`,
  sql,
  sha256,
});

const first = file(1, "CREATE TABLE one (a UInt8) ENGINE = Memory; -- done;\nINSERT INTO one VALUES (1)");

test("before the first run everything is pending", async () => {
  expect(await migrationStatus(client, [first])).toEqual([
    { number: 1, name: "0001_test", state: "pending" },
  ]);
});

test("what is pending is applied in order, once", async () => {
  expect(await migrate(client, [first])).toEqual(["0001_test"]);
  expect(await migrate(client, [first])).toEqual([]);
  expect(await migrationStatus(client, [first])).toMatchObject([
    { state: "applied", applied_at: expect.any(String) },
  ]);
});

test("a file that changed since it was applied is refused, and nothing after it runs", async () => {
  const edited = { ...first, sha256: "another" };
  const running = migrate(client, [edited, file(2, "CREATE TABLE two (a UInt8) ENGINE = Memory")]);
  await expect(running).rejects.toThrow(/sql\/0001_test.sql has changed since/);
  expect(await migrationStatus(client, [edited])).toMatchObject([{ state: "changed" }]);
});

test("a failing statement names its file and line, and the file stays pending", async () => {
  const broken = file(2, "SELECT 1;\n-- why\nCREATE TABLE two (a Wrong) ENGINE = Memory");
  const running = migrate(client, [first, broken]);
  await expect(running).rejects.toThrow(MigrationError);
  await expect(running).rejects.toThrow(/sql\/0002_test.sql failed at `CREATE TABLE two/);
  expect(await migrationStatus(client, [first, broken])).toMatchObject([{}, { state: "pending" }]);
});

test("an entry whose file is gone is unknown", async () => {
  expect(await migrationStatus(client, [])).toMatchObject([{ name: "0001_test", state: "unknown" }]);
});

test("what is made of rows that are there already goes on behind the migration", async () => {
  const slow = file(
    3,
    "CREATE TABLE three (a UInt8) ENGINE = MergeTree ORDER BY (); INSERT INTO three VALUES (1), (2);" +
      "ALTER TABLE three UPDATE a = a + sleepEachRow(1) WHERE true",
  );
  await migrate(client, [slow]);
  const unfinished = "SELECT count() AS n FROM system.mutations WHERE table = 'three' AND NOT is_done";
  const count = async () =>
    (await (await client.query({ query: unfinished, format: "JSONEachRow" })).json<{ n: string }>())[0]?.n;
  expect(Number(await count())).toBe(1);
  await expect.poll(async () => Number(await count()), { timeout: 15_000 }).toBe(0);
});

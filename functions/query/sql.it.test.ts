import { randomUUID } from "node:crypto";
import { type ClickHouseClient, createClient } from "@clickhouse/client";
import type { Context } from "aws-lambda";
import { beforeEach, describe, expect, inject, onTestFinished, test } from "vitest";
import type { HttpEvent } from "../lib/http-event.ts";
import { makeKey } from "../lib/keys/key.ts";
import { openKeys } from "../lib/keys.ts";
import { runSql } from "../lib/run-sql.ts";
import { createHandler } from "./handler.ts";

let handle: ReturnType<typeof createHandler>;
let reader: ClickHouseClient;

beforeEach(() => {
  const { clickhouseUrl: url, passwords } = inject("services");
  reader = createClient({ url, username: "reader", password: passwords.reader });
  const writer = createClient({ url, username: "rmq", password: passwords.rmq });
  onTestFinished(async () => {
    await Promise.all([reader.close(), writer.close()]);
  });
  handle = createHandler({
    ask: async () => Promise.reject(new Error("not asked here")),
    run: (sql) => runSql(reader, sql),
    keys: openKeys({ client: writer, local: { read: "key" } }),
  });
});

async function post(body: unknown, headers: Record<string, string> = {}, query?: Record<string, string>) {
  const event = {
    rawPath: "/v1/query",
    headers: { authorization: "Bearer key", "content-type": "application/json", ...headers },
    queryStringParameters: query,
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
  const {
    statusCode,
    headers: sent,
    body: text,
    isBase64Encoded,
  } = await handle(event as unknown as HttpEvent, {} as Context);
  const isJson = String(sent?.["content-type"]).includes("json;");
  return {
    status: statusCode,
    headers: sent,
    text,
    isBase64Encoded,
    body: isJson ? JSON.parse(text ?? "") : undefined,
  };
}

/** How many queries with this in their text run now. */
async function countRunning(mark: string): Promise<number> {
  const { clickhouseUrl: url, passwords } = inject("services");
  await using client = createClient({ url, username: "default", password: passwords.default });
  const query =
    "SELECT count()::UInt32 AS n FROM system.processes WHERE position(query, {mark: String}) > 0 AND position(query, 'processes') = 0";
  const answer = await client.query({ query, query_params: { mark }, format: "JSONEachRow" });
  return (await answer.json<{ n: number }>())[0]?.n ?? 0;
}

/** A query of three seconds, at work when this resolves. */
async function startLong() {
  const mark = randomUUID();
  const running = post({
    query: `SELECT '${mark}', sleepEachRow(1) FROM numbers(3) SETTINGS max_block_size = 1`,
  });
  await expect.poll(() => countRunning(mark), { timeout: 2000 }).toBe(1);
  return { running, mark, hangUp: () => reader.close() };
}

describe("POST /v1/query", () => {
  test("answers as endpoints do, with parameters bound", async () => {
    const { status, body } = await post({
      query: "SELECT {who: String} AS who, {n: UInt8} + 1 AS m, {list: Array(String)} AS list",
      params: { who: "o'neil\\ -- {n: UInt8}", n: 41, list: ["a", "b'"] },
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      meta: [
        { name: "who", type: "String" },
        { name: "m", type: "UInt16" },
        { name: "list", type: "Array(String)" },
      ],
      data: [{ who: "o'neil\\ -- {n: UInt8}", m: 42, list: ["a", "b'"] }],
      rows: 1,
      next: null,
      statistics: { elapsed_ms: expect.any(Number), rows_read: 1 },
    });
  });

  test("keeps every digit of large numbers", async () => {
    const { text } = await post({
      query:
        "SELECT toUInt64(18446744073709551615) AS a, toDecimal128('1.2345678901234567890123', 22) AS b, 9007199254740993::Int64 AS c, [1, 2] AS d",
    });
    expect(text).toContain(
      '"data":[{"a":18446744073709551615,"b":1.2345678901234567890123,"c":9007199254740993,"d":[1,2]}]',
    );
  });

  test("takes SQL as it is, and gives CSV, NDJSON or the query's own format", async () => {
    const text = { "content-type": "text/plain" };
    expect(await post("SELECT 1 AS n, NULL AS x, '' AS y", { ...text, accept: "text/csv" })).toMatchObject({
      headers: { "content-type": expect.stringContaining("text/csv") },
      text: '"n","x","y"\r\n1,,""\r\n',
    });
    expect((await post("SELECT 1 AS n", text, { format: "ndjson" })).text).toBe('{"n":1}\n');
    expect((await post("SELECT 1 AS n FORMAT TSV", text)).text).toBe("1\n");
    const parquet = await post("SELECT 1 AS n FORMAT Parquet", text);
    expect(parquet.isBase64Encoded).toBe(true);
    expect(
      Buffer.from(parquet.text ?? "", "base64")
        .subarray(0, 4)
        .toString(),
    ).toBe("PAR1");
    expect((await post("SHOW DATABASES", text)).body.data).toContainEqual({ name: "sluice" });
    expect((await post("SET max_threads = 1", text)).body).toMatchObject({ data: [], rows: 0 });
  });

  test.each([
    ["SELECT 1 FORM x", 62, { position: 15 }],
    ["SELECT 1,\n  2 FORM\n  x y", 62, { position: expect.any(Number), line: 3, column: expect.any(Number) }],
    ["SELEC 1", 62, { position: 1 }],
    ["SELECT nobody", 47, {}],
    ["SELECT * FROM nowhere", 60, {}],
    ["SELECT 1; SELECT 2", 62, {}],
    ["SELECT {n: UInt8}", 456, {}],
    ["SELECT toUInt8('x')", 6, {}],
    ["SELECT 1 INTO OUTFILE '/tmp/x'", 358, {}],
    ["  ", 62, {}],
    ["\u0000", 62, {}],
    ["SELECT hash FROM merge('sluice', 'api_keys')", 636, {}],
  ])("%j is 400 with ClickHouse's code %i", async (query, code, place) => {
    expect(await post({ query })).toMatchObject({
      status: 400,
      headers: { "content-type": expect.stringContaining("application/problem+json") },
      body: { status: 400, clickhouse: { code }, detail: expect.any(String), ...place },
    });
  });

  test.each([
    "INSERT INTO shadow (type) VALUES ('Sha')",
    "CREATE TABLE sluice.x (a Int8) ENGINE = Memory",
    "DROP TABLE shadow",
    "ALTER TABLE shadow DELETE WHERE 1",
    "SYSTEM SHUTDOWN",
    "SET ROLE ALL",
    "SELECT * FROM system.users",
    "SELECT * FROM sluice.api_keys",
    "SELECT file('/etc/passwd')",
    "SELECT * FROM file('/etc/passwd', CSV, 'a String')",
    "SELECT * FROM url('http://127.0.0.1:1/', CSV, 'a String')",
    "SELECT * FROM s3('http://127.0.0.1:1/bucket/x', 'CSV', 'a String')",
    "SELECT * FROM remote('127.0.0.1', system, one)",
    "SELECT 1 SETTINGS max_execution_time = 0",
  ])("%s is 403", async (query) => {
    expect(await post({ query })).toMatchObject({
      status: 403,
      body: { clickhouse: { code: expect.any(Number) } },
    });
  });

  test.each([
    ["SELECT sleepEachRow(1) FROM numbers(3) SETTINGS max_block_size = 1, max_execution_time = 1", 408, 159],
    ["SELECT sum(number) FROM numbers(3000000000)", 413, 158],
    ["SELECT number FROM numbers(2000000)", 413, 396],
    ["SELECT number FROM numbers(1000000) GROUP BY number SETTINGS max_memory_usage = 1000000", 413, 241],
  ])("%s is %i", async (query, status, code) => {
    expect(await post({ query })).toMatchObject({ status, body: { clickhouse: { code } } });
  });

  test("more queries at once than allowed is 429, with the time after which to ask again", async () => {
    const { running, mark } = await startLong();
    const second = await post({ query: `SELECT '${mark}' SETTINGS max_concurrent_queries_for_user = 1` });
    expect(second).toMatchObject({
      status: 429,
      headers: { "retry-after": "1" },
      body: { clickhouse: { code: 202 } },
    });
    expect((await running).status).toBe(200);
  });

  test("the server stops a query whose function is gone", async () => {
    const { running, mark, hangUp } = await startLong();
    await hangUp();
    expect((await running).status).toBe(503);
    await expect.poll(() => countRunning(mark), { timeout: 1500 }).toBe(0);
  });

  test("a result that no Lambda could answer is 413", async () => {
    expect(await post({ query: "SELECT repeat('x', 1000) FROM numbers(5000)" })).toMatchObject({
      status: 413,
      body: { detail: expect.stringContaining("LIMIT") },
    });
  });

  test.each([
    ["not JSON", 400, {}],
    [{}, 400, {}],
    [{ query: "" }, 400, {}],
    [{ query: "SELECT 1", parameters: {} }, 400, {}],
    [{ query: "SELECT 1", params: { "a b": 1 } }, 400, {}],
    [{ query: 1 }, 400, {}],
    ["null", 400, {}],
    ["false", 400, {}],
    ["", 400, {}],
    ["SELECT 1", 415, { "content-type": "application/xml" }],
    [{ query: "SELECT 1" }, 406, { accept: "image/png" }],
    [{ query: "SELECT 1" }, 401, { authorization: "Bearer nobody" }],
  ])("%j is refused with %i", async (body, status, headers) => {
    expect(await post(body, headers as Record<string, string>)).toMatchObject({ status, body: { status } });
  });

  test("a key for certain endpoints, or with fixed parameters, is not for any SQL", async () => {
    const { clickhouseUrl: url, passwords } = inject("services");
    const admin = createClient({ url, username: "default", password: passwords.default });
    onTestFinished(() => admin.close());
    const keys = [{ endpoints: ["shadow_types"] }, { fixed: { username: "ann" } }].map((row) => ({
      ...row,
      ...makeKey("read"),
    }));
    await admin.insert({
      table: "sluice.api_keys",
      format: "JSONEachRow",
      values: keys.map(({ key: _, ...row }) => ({ ...row, version: 1, name: "test", kind: "read" })),
    });
    for (const { key } of keys)
      expect(await post({ query: "SELECT 1" }, { authorization: `Bearer ${key}` })).toMatchObject({
        status: 403,
      });
  });
});

test("a query is on record with the request and the key that asked", async () => {
  const id = `test-${crypto.randomUUID()}`;
  await post({ query: "SELECT 1" }, { "x-request-id": id });
  const { body } = await post({
    query:
      "SELECT log_comment FROM system.query_log WHERE type = 'QueryFinish' AND JSONExtractString(log_comment, 'request') = {id: String}",
    params: { id },
  });
  expect(body.data.map((row: { log_comment: string }) => JSON.parse(row.log_comment))).toEqual([
    { request: id, key: "local-read", target: "query" },
  ]);
});

import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { type ClickHouseClient, type ClickHouseError, SettingsMap } from "@clickhouse/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestServer, type TestServer } from "./test-server.ts";

/** What @clickhouse/client offers, on the real client. */
let server: TestServer;
let client: ClickHouseClient;

beforeAll(async () => {
  server = await openTestServer();
  client = server.client();
});
afterAll(() => server.close());

let tables = 0;
async function createTable(columns: string, engine = "MergeTree ORDER BY tuple()"): Promise<string> {
  const name = `t_${++tables}`;
  await client.command({ query: `CREATE TABLE ${name} (${columns}) ENGINE = ${engine}` });
  return name;
}
const rows = async (query: string, more: object = {}) =>
  (await client.query({ query, format: "JSONEachRow", ...more })).json<Record<string, unknown>>();
const code = (pending: Promise<unknown>) =>
  pending.then(
    () => "no error",
    (error: ClickHouseError) => `${error.code} ${error.type}`,
  );

test("ping answers both ways, and says no to a wrong password", async () => {
  expect(await client.ping()).toEqual({ success: true });
  expect(await client.ping({ select: true })).toEqual({ success: true });
  const stranger = server.client("default", { password: "wrong" });
  expect(await stranger.ping({ select: true })).toMatchObject({ success: false, error: { code: "516" } });
});

test("a wrong password, an unknown table and a syntax error are typed errors", async () => {
  const stranger = server.client("default", { password: "wrong" });
  expect(await code(stranger.query({ query: "SELECT 1" }))).toBe("516 AUTHENTICATION_FAILED");
  expect(await code(client.query({ query: "SELECT * FROM nowhere" }))).toBe("60 UNKNOWN_TABLE");
  expect(await code(client.query({ query: "selec 1" }))).toBe("62 SYNTAX_ERROR");
  expect(await code(client.query({ query: "SELECT 1; SELECT 2" }))).toBe("62 SYNTAX_ERROR");
  expect(await code(client.command({ query: "foobar" }))).toBe("62 SYNTAX_ERROR");
});

test("parameters of every kind arrive as sent", async () => {
  const query_params = {
    s: "O'Neil \\ \n\t{x} 👋",
    n: 2 ** 40,
    a: [1, 2],
    d: new Date(1700000000000),
    u: null,
    t: "t",
  };
  const query = `SELECT {s:String} AS s, {n:UInt64} AS n, {a:Array(UInt8)} AS a, {d:DateTime64(3)} AS d,
    {u:Nullable(String)} AS u, name FROM system.tables WHERE database = 'system' AND name = 'one' AND {t:Identifier} = 1`;
  const [row] = await rows(query.replace("{t:Identifier} = 1", "1 AS {t:Identifier}"), { query_params });
  expect(row).toMatchObject({ s: query_params.s, n: query_params.n, a: [1, 2], u: null, name: "one" });
  expect(String(row?.d)).toContain("2023-11-14 22:13:20");
});

test("long parameters travel as a form", async () => {
  const long = "x".repeat(300_000);
  const query_params = { s: long };
  expect(await rows("SELECT length({s:String}) AS n", { query_params, use_multipart_params: true })).toEqual([
    { n: 300_000 },
  ]);
  expect(await rows("SELECT length({s:String}) AS n", { query_params })).toEqual([{ n: 300_000 }]);
  expect(await code(client.query({ query: `SELECT '${long}'` }))).toBe("62 SYNTAX_ERROR");
  expect(
    await rows(`SELECT length('${long}') AS n`, { clickhouse_settings: { max_query_size: "1000000" } }),
  ).toEqual([{ n: 300_000 }]);
});

test("settings hold for their own query, maps included", async () => {
  const clickhouse_settings = {
    max_threads: 3,
    additional_table_filters: SettingsMap.from({ "system.numbers": "number > 5" }),
  };
  const query = "SELECT number, getSetting('max_threads') AS threads FROM system.numbers LIMIT 1";
  expect(await rows(query, { clickhouse_settings })).toEqual([{ number: 6, threads: 3 }]);
  expect(await code(client.query({ query: "SELECT 1", clickhouse_settings: { nonsense: 1 } as never }))).toBe(
    "115 UNKNOWN_SETTING",
  );
});

test.each(["gzip", "zstd", "br"])(
  "requests and answers are compressed with %s, errors too",
  async (codec) => {
    const name = await createTable("id UInt32, s String");
    const packed = server.client("default", {
      compression: { request: { codec } as never, response: { codec } as never },
    });
    const values = Array.from({ length: 5000 }, (_, id) => ({ id, s: `row ${id}` }));
    await packed.insert({ table: name, values, format: "JSONEachRow" });
    const result = await packed.query({ query: `SELECT * FROM ${name} ORDER BY id`, format: "JSONEachRow" });
    expect(result.response_headers["content-encoding"]).toBe(codec);
    expect(await result.json()).toEqual(values);
    expect(await code(packed.query({ query: "SELECT * FROM nowhere" }))).toBe("60 UNKNOWN_TABLE");
  },
);

test("a session keeps settings and temporary tables, and is for one request at a time", async () => {
  const session = server.client("default", { session_id: crypto.randomUUID() });
  await session.command({ query: "CREATE TEMPORARY TABLE kept (a UInt8)" });
  await session.insert({ table: "kept", values: [{ a: 1 }], format: "JSONEachRow" });
  await session.command({ query: "SET max_threads = 7" });
  const query =
    "SELECT a, getSetting('max_threads') AS threads, getSetting('max_block_size') AS size FROM kept";
  const asked = { query, format: "JSONEachRow", clickhouse_settings: { max_block_size: "11" } } as const;
  expect(await (await session.query(asked)).json()).toEqual([{ a: 1, threads: 7, size: 11 }]);
  const [after] = await (await session.query({ query, format: "JSONEachRow" })).json<{ size: number }>();
  expect(after?.size).not.toBe(11);
  expect(await code(client.query({ query: "SELECT * FROM kept" }))).toBe("60 UNKNOWN_TABLE");
  const slow = session.query({ query: "SELECT sleep(0.5)" });
  await sleep(100);
  expect(await code(session.query({ query: "SELECT 1" }))).toBe("373 SESSION_IS_LOCKED");
  await (await slow).text();
  const missing = server.client("default", { session_id: "never seen" });
  expect(
    await code(missing.query({ query: "SELECT 1", clickhouse_settings: { session_check: 1 } as never })),
  ).toBe("372 SESSION_NOT_FOUND");
});

test("a session takes the next request as soon as the last one is answered", async () => {
  const session = server.client("default", { session_id: crypto.randomUUID(), max_open_connections: 1 });
  for (let i = 0; i < 40; i++) {
    const asked = { query: `SHOW SETTINGS LIKE 'max_threads'`, clickhouse_settings: { max_threads: i + 1 } };
    expect(await code(session.query(asked).then((result) => result.text()))).toBe("no error");
  }
});

test("insert answers a summary and its query id", async () => {
  const name = await createTable("a UInt8");
  const { summary, query_id, executed } = await client.insert({
    table: name,
    values: [[1], [2]],
    query_id: `insert ${name}`,
  });
  expect(executed).toBe(true);
  expect(query_id).toBe(`insert ${name}`);
  expect(summary).toMatchObject({ written_rows: "2", read_rows: "2" });
  expect((await client.insert({ table: name, values: [] })).executed).toBe(false);
});

test("columns can be chosen and left out", async () => {
  const name = await createTable("a UInt8, b String DEFAULT 'b', c String DEFAULT 'c'");
  await client.insert({
    table: name,
    values: [{ a: 1, c: "C" }],
    format: "JSONEachRow",
    columns: ["a", "c"],
  });
  await client.insert({
    table: name,
    values: [{ a: 2, b: "B" }],
    format: "JSONEachRow",
    columns: { except: ["c"] },
  });
  expect(await rows(`SELECT * FROM ${name} ORDER BY a`)).toEqual([
    { a: 1, b: "b", c: "C" },
    { a: 2, b: "B", c: "c" },
  ]);
});

test("exec streams bytes in and out", async () => {
  const name = await createTable("a UInt8, b UInt16");
  const { stream } = await client.exec({
    query: `INSERT INTO ${name} FORMAT RowBinary`,
    values: Readable.from([Buffer.from([1, 2, 0]), Buffer.from([3, 10, 13])]),
  });
  stream.resume();
  const out = await client.exec({ query: `SELECT * FROM ${name} ORDER BY a FORMAT RowBinary` });
  expect(Buffer.concat(await out.stream.toArray())).toEqual(Buffer.from([1, 2, 0, 3, 10, 13]));
});

test("GET only reads", async () => {
  const answer = await server.ask("", {
    method: "GET",
    body: null,
    url: { query: "CREATE TABLE x (a Int8) ENGINE = Memory" },
  });
  expect(answer.code).toBe("164");
  expect(answer.text).toContain("use method POST");
});

test("an error in the middle of a stream is the client's own error", async () => {
  const query = "SELECT number, throwIf(number = 3000000, 'boom') FROM system.numbers LIMIT 10000000";
  const result = await client.query({
    query,
    format: "JSONEachRow",
    clickhouse_settings: { max_block_size: "1000" },
  });
  const read = async () => {
    for await (const _ of result.stream());
  };
  await expect(read()).rejects.toMatchObject({ code: "395", message: expect.stringContaining("boom") });
});

test("an error told after progress headers is an error although the status is 200", async () => {
  const query =
    "SELECT count() FROM numbers(20) WHERE sleepEachRow(0.02) = 0 AND NOT throwIf(number = 10, 'late') SETTINGS max_block_size = 1";
  const clickhouse_settings = {
    send_progress_in_http_headers: 1,
    http_headers_progress_interval_ms: "50",
  } as const;
  await expect(client.query({ query, clickhouse_settings })).rejects.toMatchObject({ code: "395" });
  const fine = await client.query({
    query: query.replace("= 10", "= 30"),
    clickhouse_settings,
    format: "TabSeparated",
  });
  expect(fine.response_headers["x-clickhouse-progress"]).toContain("total_rows_to_read");
  expect((await fine.text()).trim()).toBe("20");
});

test("an aborted query stops on the server", async () => {
  const controller = new AbortController();
  const query_id = crypto.randomUUID();
  const running = client.query({
    query: "SELECT sleepEachRow(0.1) FROM numbers(1000) SETTINGS max_block_size = 1",
    format: "TabSeparated",
    query_id,
    abort_signal: controller.signal,
  });
  const count = () => rows(`SELECT count() AS n FROM system.processes WHERE query_id = '${query_id}'`);
  while ((await count())[0]?.n === 0) await sleep(20);
  controller.abort();
  await expect(running).rejects.toThrow("aborted");
  const deadline = Date.now() + 3000;
  while (Date.now() < deadline && (await count())[0]?.n !== 0) await sleep(50);
  expect(await count()).toEqual([{ n: 0 }]);
});

test("KILL QUERY stops a query by the id its client gave", async () => {
  const query_id = crypto.randomUUID();
  const running = code(
    client.query({
      query: "SELECT sleepEachRow(0.1) FROM numbers(1000) SETTINGS max_block_size = 1",
      query_id,
    }),
  );
  while ((await rows(`SELECT 1 FROM system.processes WHERE query_id = '${query_id}'`)).length === 0)
    await sleep(20);
  expect(await rows(`KILL QUERY WHERE query_id = '${query_id}' SYNC`)).toMatchObject([
    { query_id, user: "default" },
  ]);
  expect(await running).toBe("394 QUERY_WAS_CANCELLED");
});

test("a query id that is running is not taken again", async () => {
  const query_id = crypto.randomUUID();
  const running = client.query({ query: "SELECT sleep(0.5)", query_id });
  await sleep(100);
  expect(await code(client.query({ query: "SELECT 1", query_id }))).toBe(
    "216 QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING",
  );
  await (await running).text();
});

test("log_comment of a running insert is seen in system.processes", async () => {
  const name = await createTable("a UInt8");
  const slow = client.command({
    query: `INSERT INTO ${name} SELECT sleepEachRow(0.1) FROM numbers(10) SETTINGS max_block_size = 1`,
    clickhouse_settings: { log_comment: "token-1:2" },
  });
  await sleep(200);
  const query = "SELECT count() AS n FROM system.processes WHERE Settings['log_comment'] LIKE 'token-1:%'";
  const writer = server.client("rmq");
  expect(await (await writer.query({ query, format: "JSONEachRow" })).json()).toEqual([{ n: 1 }]);
  await slow;
  expect(await (await writer.query({ query, format: "JSONEachRow" })).json()).toEqual([{ n: 0 }]);
});

test("the query log holds what ran, how long, for whom and with which error", async () => {
  const query_id = crypto.randomUUID();
  await (await client.query({ query: "SELECT sleep(1.1), 'logged'", query_id })).text();
  await code(client.query({ query: "SELECT 'bad' FROM nowhere", query_id: `${query_id}-bad` }));
  const published = `SELECT query, query_duration_ms, read_rows FROM system.query_log WHERE query_duration_ms > 1000
    ORDER BY query_duration_ms DESC`;
  expect((await rows(published)).map((row) => row.query)).toContainEqual(expect.stringContaining("'logged'"));
  const log = `SELECT type, user, exception_code FROM system.query_log WHERE query_id LIKE '${query_id}%' ORDER BY query_id, type`;
  expect(await rows(log)).toEqual([
    { type: "QueryStart", user: "default", exception_code: 0 },
    { type: "QueryFinish", user: "default", exception_code: 0 },
    { type: "QueryStart", user: "default", exception_code: 0 },
    { type: "ExceptionWhileProcessing", user: "default", exception_code: 60 },
  ]);
});

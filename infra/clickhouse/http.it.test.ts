import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestServer, passwords, type TestServer } from "./test-server.ts";

/** The HTTP interface as curl and plain sockets see it. */
let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
  await server.ask("CREATE TABLE t (a UInt32, s String) ENGINE = MergeTree ORDER BY a");
});
afterAll(() => server.close());

const run = promisify(execFile);
const curl = async (...args: string[]) => (await run("curl", ["-sS", "-m", "20", ...args])).stdout;
const user = () => ["-u", `default:${passwords.default}`];

test("ping needs no password, other paths are not found", async () => {
  expect(await curl(`${server.url}/ping`)).toBe("Ok.\n");
  expect(await curl("-o", "/dev/null", "-w", "%{http_code}", `${server.url}/nothing`)).toBe("404");
});

test("curl queries and inserts", async () => {
  await curl(...user(), server.url, "--data-binary", "INSERT INTO t VALUES (1, 'one'), (2, 'zwei €;')");
  expect(await curl(...user(), `${server.url}/?query=SELECT%20*%20FROM%20t%20ORDER%20BY%20a`)).toBe(
    "1\tone\n2\tzwei €;\n",
  );
  const half = `${server.url}/?query=${encodeURIComponent("SELECT count()")}`;
  expect(await curl(...user(), half, "--data-binary", "FROM t")).toBe("2\n");
});

test("user and password go in three ways, but only in one at a time", async () => {
  const { reader } = passwords;
  const url = (name: string, password: string) =>
    `${server.url}/?${new URLSearchParams({ user: name, password })}`;
  expect(await curl("-u", `reader:${reader}`, server.url, "-d", "SELECT 1")).toBe("1\n");
  expect(
    await curl(
      "-H",
      "X-ClickHouse-User: rmq",
      "-H",
      `X-ClickHouse-Key: ${passwords.rmq}`,
      server.url,
      "-d",
      "SELECT 1",
    ),
  ).toBe("1\n");
  expect(await curl(url("reader", reader), "-d", "SELECT 1")).toBe("1\n");
  expect(await curl("-u", `reader:${reader}`, url("reader", reader), "-d", "SELECT 1")).toContain(
    "Code: 516",
  );
});

test("a wrong password, a missing one and an unknown user are 401 and 516", async () => {
  for (const name of ["reader:wrong", "default:", "nobody:x"]) {
    const answer = await curl("-i", "-u", name, server.url, "-d", "SELECT 1");
    expect(answer).toContain("HTTP/1.1 401");
    expect(answer).toContain("X-ClickHouse-Exception-Code: 516");
    expect(answer).toContain(
      "Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED)",
    );
  }
});

test("statuses and codes of errors are ClickHouse's", async () => {
  const codes: [string, number, string][] = [
    ["SELECT * FROM nowhere", 404, "60"],
    ["SELECT nothing", 404, "47"],
    ["selec", 400, "62"],
    ["SELECT toInt32('x')", 400, "6"],
    ["SELECT throwIf(1)", 500, "395"],
    ["SELECT number, throwIf(number = 50) FROM numbers(100) SETTINGS max_block_size = 1", 500, "395"],
    ["SELECT 1; SELECT 2", 400, "62"],
    ["INSERT INTO t VALUES (1, 'x'); INSERT INTO t VALUES (2, 'x');", 400, "62"],
    ["", 400, "62"],
  ];
  for (const [sql, status, code] of codes)
    expect.soft(await server.ask(sql), sql).toMatchObject({ status, code });
});

test("answers carry the headers of ClickHouse", async () => {
  const { headers } = await server.ask("SELECT 1 FORMAT JSONEachRow", { url: { query_id: "mine" } });
  expect(Object.fromEntries(headers)).toMatchObject({
    "content-type": "application/x-ndjson; charset=UTF-8",
    "x-clickhouse-format": "JSONEachRow",
    "x-clickhouse-query-id": "mine",
    "x-clickhouse-timezone": "UTC",
    "x-clickhouse-exception-tag": expect.stringMatching(/^\w{16}$/),
  });
  expect(JSON.parse(headers.get("x-clickhouse-summary") ?? "")).toMatchObject({ result_rows: "1" });
});

test("default_format, database and parameters come from the URL", async () => {
  const url = { default_format: "JSONCompactEachRow", database: "system", param_n: "5" };
  expect(await server.ask("SELECT {n:UInt8}, currentDatabase() FROM one", { url })).toMatchObject({
    text: '[5, "system"]',
  });
  expect(await server.ask("SELECT 1", { url: { database: "nowhere" } })).toMatchObject({ code: "81" });
  expect(await server.ask("SELECT 1", { url: { default_format: "No; DROP" } })).toMatchObject({ code: "73" });
});

test("nothing of a URL becomes SQL", async () => {
  const evil = "1'; DROP TABLE t; --";
  const urls = [
    { param_x: evil },
    { "a` = 1; DROP TABLE t; --": evil },
    { max_threads: evil },
    { database: "x`; DROP TABLE t; --" },
  ];
  for (const url of urls) await server.ask("SELECT 1", { url: url as Record<string, string> });
  await server.ask("SELECT 1", { url: { query_id: evil, session_id: evil } });
  expect(await server.ask("SELECT {x:String}", { url: { param_x: evil } })).toMatchObject({
    text: "1\\'; DROP TABLE t; --",
  });
  expect(await server.ask("EXISTS t")).toMatchObject({ text: "1" });
});

test("URLs may be long", async () => {
  const url = {
    query: `SELECT ${"1 + ".repeat(30_000)}0`.slice(0, 120_000).replace(/[ +]+$/, ""),
    max_parser_depth: "0",
  };
  expect(
    (await server.ask("", { url: { param_x: "x".repeat(200_000), query: "SELECT length({x:String})" } }))
      .text,
  ).toBe("200000");
  expect((await server.ask("", { url })).status).not.toBe(431);
});

test("wait_end_of_query keeps the status until the end", async () => {
  const sql = "SELECT number, throwIf(number = 3000000) FROM numbers(4000000)";
  expect((await server.ask(sql, { url: { max_block_size: "1000", wait_end_of_query: "1" } })).status).toBe(
    500,
  );
  const fine = await server.ask("SELECT number FROM numbers(1000000)", { url: { wait_end_of_query: "1" } });
  expect(fine.text.split("\n").length).toBe(1_000_000);
  expect(JSON.parse(fine.headers.get("x-clickhouse-summary") ?? "")).toMatchObject({
    result_rows: "1000000",
  });
});

test("an error in the middle breaks the transfer, and ends with the tagged block", async () => {
  const sql = "SELECT number, throwIf(number = 3000000, 'boom') FROM numbers(4000000) FORMAT TSV";
  const failed = await run("curl", ["-sS", ...user(), `${server.url}/?max_block_size=1000`, "-d", sql], {
    maxBuffer: 1e9,
  }).catch((e) => e);
  expect(failed.code).toBe(18);
  expect(failed.stdout.slice(-600)).toMatch(
    /\r\n__exception__\r\n(\w{16})\r\nCode: 395[\s\S]*boom[\s\S]*\n\d+ \1\r\n__exception__\r\n$/,
  );
});

test("bodies are taken and answers given in gzip, and errors too", async () => {
  const zipped = gzipSync(Buffer.from("INSERT INTO t FORMAT TSV\n77\tzipped\n"));
  const headers = { "Content-Encoding": "gzip" };
  expect(await server.ask(zipped, { headers })).toMatchObject({ status: 200 });
  expect((await server.ask("SELECT s FROM t WHERE a = 77")).text).toBe("zipped");
  const raw = (sql: string) =>
    run(
      "curl",
      [
        "-sS",
        ...user(),
        "-H",
        "Accept-Encoding: gzip",
        `${server.url}/?enable_http_compression=1`,
        "-d",
        sql,
      ],
      { encoding: "buffer" },
    );
  expect(gunzipSync((await raw("SELECT 1")).stdout).toString()).toBe("1\n");
  expect(gunzipSync((await raw("SELECT nothing")).stdout).toString()).toContain("Code: 47");
});

test("a body that breaks off inserts nothing, however it was sent", async () => {
  const count = async () => (await server.ask("SELECT count() FROM t")).text;
  const before = await count();
  const path = `/?query=${encodeURIComponent("INSERT INTO t FORMAT TSV")}`;
  const auth = `Basic ${Buffer.from(`default:${passwords.default}`).toString("base64")}`;
  const rows = "1\tcut\n".repeat(2_000_000);
  const cut = async (headers: Record<string, string>, body: Buffer | string) => {
    const broken = request({
      port: server.port,
      path,
      method: "POST",
      headers: { Authorization: auth, ...headers },
    });
    broken.on("error", () => {});
    await new Promise((done) => broken.write(body, done));
    await sleep(100);
    broken.destroy();
  };
  await cut({}, "1\tcut\n2\tcut\n");
  await cut({ "Content-Length": "100000000" }, rows);
  await cut({ "Content-Encoding": "gzip" }, gzipSync(rows).subarray(0, -4));
  const short = connect(server.port, "127.0.0.1");
  short.end(
    `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${auth}\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n1\tcut\n\r\n`,
  );
  const damaged = await server.ask(gzipSync("1\tcut\n").subarray(0, -4), {
    headers: { "Content-Encoding": "gzip" },
    url: { query: "INSERT INTO t FORMAT TSV" },
  });
  expect(damaged.status).toBe(500);
  await sleep(500);
  expect(await count()).toBe(before);
  expect(readdirSync(join(server.data, "spool")).filter((name) => name.startsWith("body"))).toEqual([]);
});

test("sessions: timeouts are checked, what runs out is gone", async () => {
  expect(await server.ask("SELECT 1", { url: { session_id: "s", session_timeout: "x" } })).toMatchObject({
    code: "374",
  });
  const url = { session_id: "short", session_timeout: "1" };
  await server.ask("CREATE TEMPORARY TABLE gone (a Int8)", { url });
  expect(await server.ask("EXISTS TEMPORARY TABLE gone", { url })).toMatchObject({ text: "1" });
  await sleep(1300);
  expect(await server.ask("EXISTS TEMPORARY TABLE gone", { url })).toMatchObject({ text: "0" });
});

test("sixty queries at once all get their answers", async () => {
  const asked = Array.from({ length: 60 }, (_, i) => server.ask(`SELECT ${i}, sleep(0.2)`));
  expect((await Promise.all(asked)).map(({ text }) => text)).toEqual(
    Array.from({ length: 60 }, (_, i) => `${i}\t0`),
  );
});

test("more than a hundred at once are refused, and the server goes on", async () => {
  // As long as it may sleep: the first must not end before the last has come, however busy the machine is.
  const asked = Array.from({ length: 130 }, () => server.ask("SELECT sleep(3)"));
  const codes = (await Promise.all(asked)).map(({ code }) => code);
  expect(codes.filter((code) => code === "202").length).toBeGreaterThan(0);
  expect(codes.filter((code) => code === null).length).toBeGreaterThanOrEqual(100);
  expect(await server.ask("SELECT 1")).toMatchObject({ text: "1" });
});

test("too much memory is an error, not an end", async () => {
  const answer = await server.ask("SELECT length(groupArray(number)) FROM numbers(1000000000)", {
    url: { max_memory_usage: "50000000" },
  });
  expect(answer).toMatchObject({ code: "241", status: 500 });
  const whole = await server.ask(
    "SELECT length(repeat('x', 1000000000)) + length(repeat('y', toUInt64(1e12)))",
  );
  expect(whole.status).toBe(500);
  expect(await server.ask("SELECT 1")).toMatchObject({ text: "1" });
});

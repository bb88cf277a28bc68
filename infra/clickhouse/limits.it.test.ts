import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestServer, type TestServer } from "./test-server.ts";

let server: TestServer;

beforeAll(async () => {
  server = await openTestServer();
});
afterAll(() => server.close());

const wide = "SELECT number FROM numbers(100000)";

test.each([
  ["rows that are read", "SELECT sum(number) FROM numbers(3000000000)", "158"],
  ["rows of a result", "SELECT number FROM numbers(30000000) FORMAT Null", "396"],
  [
    "time, asked to be less",
    "SELECT sum(sipHash64(number)) FROM numbers(1900000000) SETTINGS max_execution_time = 1",
    "159",
  ],
  ["memory, asked to be less", `${wide} GROUP BY number SETTINGS max_memory_usage = 1000000`, "241"],
])("reader is held to a limit of %s", async (_what, sql, code) => {
  expect(await server.ask(sql, { user: "reader" })).toMatchObject({ code });
});

test.each([
  "SETTINGS max_execution_time = 0",
  "SETTINGS max_execution_time = 61",
  "SETTINGS max_rows_to_read = 1e10",
  "SETTINGS max_memory_usage = 6.1e9",
  "SETTINGS max_memory_usage = 5_000_000_000",
  "SETTINGS `max_result_rows` = 0",
  "SETTINGS /* */ max_result_bytes /* */ = '0'",
  "SETTINGS max_execution_time = DEFAULT",
])("reader does not lift one: %s", async (settings) => {
  expect(await server.ask(`SELECT 1 ${settings}`, { user: "reader" })).toMatchObject({ code: "452" });
});

test("neither by the URL, nor in a session, nor by another profile", async () => {
  const most = "SELECT getSetting('max_execution_time'), getSetting('max_memory_usage')";
  const held = "60\t4000000000";
  for (const value of ["0", "1000000", "-1", "inf", "x"])
    expect((await server.ask(most, { user: "reader", url: { max_execution_time: value } })).text).toBe(held);
  expect((await server.ask(most, { user: "reader", url: { max_execution_time: "5" } })).text).toBe(
    "5\t4000000000",
  );
  const url = { session_id: "limits" };
  expect(await server.ask("SET max_execution_time = 0", { user: "reader", url })).toMatchObject({
    code: "452",
  });
  await server.ask("SET profile = 'default'", { user: "reader", url });
  expect((await server.ask(most, { user: "reader", url })).text).toBe(held);
  expect((await server.ask(`${most} SETTINGS profile = 'default'`, { user: "reader" })).text).toBe(held);
});

test("what is named like nothing of the kind is left alone", async () => {
  const sql =
    "SELECT toString(1) AS constructor, 2 AS valueOf, 'max_execution_time = 0' SETTINGS max_execution_time = 5";
  expect((await server.ask(sql, { user: "reader" })).text).toBe("1\t2\tmax_execution_time = 0");
});

test("others have none", async () => {
  expect(
    (await server.ask("SELECT getSetting('max_execution_time') SETTINGS max_execution_time = 0")).text,
  ).toBe("0");
});

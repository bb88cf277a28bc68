import { once } from "node:events";
import { readFileSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { openTestServer, passwords, type TestServer } from "./test-server.ts";

/** Much data, slow clients and clients that leave. */
let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
  await server.ask("CREATE TABLE t (id UInt64, s String) ENGINE = MergeTree ORDER BY id");
});
afterAll(() => server.close());

/** Resident memory of the server, MiB. */
const memory = (field: "VmRSS" | "VmHWM") =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))?.[1]) /
  1024;

async function open(query: string): Promise<IncomingMessage> {
  const url = `${server.url}/?${new URLSearchParams({ query, user: "default", password: passwords.default })}`;
  const [response] = await once(get(url, { agent: false }), "response");
  return response;
}

const running = async () => (await server.ask("SELECT count() - 1 FROM system.processes")).text;
async function idle() {
  const deadline = Date.now() + 5000;
  while (Date.now() < deadline && (await running()) !== "0") await sleep(50);
  return running();
}

test("a million rows stream in and out", async () => {
  function* lines() {
    for (let from = 0; from < 1_000_000; from += 1000)
      yield Array.from({ length: 1000 }, (_, i) => `${from + i}\trow ${from + i}\n`).join("");
  }
  const client = server.client();
  const values = Readable.from(lines(), { objectMode: false });
  await client.insert({ table: "t", values, format: "TabSeparated" });
  const result = await client.query({ query: "SELECT id FROM t ORDER BY id", format: "JSONCompactEachRow" });
  let next = 0;
  for await (const chunk of result.stream<[number]>())
    for (const row of chunk) if (row.json()[0] === next) next++;
  expect(next).toBe(1_000_000);
}, 60_000);

test("ten thousand rows at a time from four clients at once all arrive", async () => {
  await server.ask("CREATE TABLE batches (id UInt64) ENGINE = MergeTree ORDER BY id");
  const lane = async (first: number) => {
    for (let batch = first; batch < first + 5; batch++) {
      const values = Array.from({ length: 10_000 }, (_, i) => ({ id: batch * 10_000 + i }));
      await server.client("rmq").insert({ table: "batches", values, format: "JSONEachRow" });
      await server.ask("SELECT count() FROM batches");
    }
  };
  await Promise.all([0, 5, 10, 15].map(lane));
  expect((await server.ask("SELECT count(), uniqExact(id) FROM batches")).text).toBe("200000\t200000");
}, 60_000);

test("five million rows leave without being held", async () => {
  const before = memory("VmHWM");
  const response = await open("SELECT number, toString(number) FROM numbers(5000000) FORMAT JSONEachRow");
  let last = Buffer.alloc(0);
  let size = 0;
  for await (const chunk of response) {
    last = Buffer.concat([last.subarray(-100), chunk]);
    size += chunk.length;
  }
  expect(last.toString().trimEnd().split("\n").at(-1)).toBe(
    '{"number":4999999,"toString(number)":"4999999"}',
  );
  expect(size).toBe(237_777_780);
  expect(memory("VmHWM") - before).toBeLessThan(250);
}, 60_000);

test("the server's own writing of its log is not among the processes", async () => {
  const find = "SELECT count() FROM system.processes WHERE startsWith(query, 'INSERT INTO server_log')";
  for (let i = 0; i < 50; i++) {
    const [found] = await Promise.all([server.ask(find), server.ask("SYSTEM FLUSH LOGS")]);
    expect(found.text).toBe("0");
  }
}, 30_000);

test("a client that does not read stops the query from running ahead", async () => {
  const response = await open("SELECT number, repeat('x', 100) FROM numbers(1000000000)");
  onTestFinished(() => void response.destroy());
  response.pause();
  await sleep(500);
  const before = memory("VmRSS");
  await sleep(1000);
  expect(memory("VmRSS") - before).toBeLessThan(50);
  expect(await running()).toBe("1");
  response.destroy();
  expect(await idle()).toBe("0");
});

test("clients that leave at any moment leave nothing running", async () => {
  for (let i = 0; i < 20; i++) {
    const url = `${server.url}/?${new URLSearchParams({ query: "SELECT * FROM numbers(1000000000)", password: passwords.default })}`;
    const request = get(url, { agent: false }).on("error", () => {});
    if (i % 2) await once(request, "response");
    else await sleep(i * 3);
    request.destroy();
  }
  expect(await idle()).toBe("0");
  expect((await server.ask("SELECT 1")).text).toBe("1");
}, 30_000);

test("a client that leaves while the engine writes its insert does not undo it", async () => {
  const client = server.client();
  const controller = new AbortController();
  await server.ask(
    "CREATE TABLE slow (a UInt8, b UInt8 MATERIALIZED sleepEachRow(0.05)) ENGINE = MergeTree ORDER BY a",
  );
  const insert = client.insert({
    table: "slow",
    values: Array.from({ length: 20 }, (_, a) => ({ a })),
    format: "JSONEachRow",
    abort_signal: controller.signal,
  });
  await sleep(400);
  controller.abort();
  await expect(insert).rejects.toThrow("aborted");
  expect(await idle()).toBe("0");
  expect((await server.ask("SELECT count() FROM slow")).text).toBe("20");
});

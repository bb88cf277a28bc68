import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { openTestServer } from "./test-server.ts";

/** Kills, restarts, and the ways a start is refused. */
const started: ChildProcess[] = [];
const folders: string[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "clickhouse-"));
  folders.push(made);
  return made;
}

/** `node main.ts` as a user runs it. */
function start(...args: string[]) {
  const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts"), ...args], {
    env: { ...process.env, CLICKHOUSE_DEFAULT_PASSWORD: "" },
  });
  started.push(child);
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (printed += chunk));
  const ended = once(child, "exit").then(([code]) => ({ code, printed }));
  const listening = (async () => {
    while (!printed.includes("listens on") && child.exitCode === null) await sleep(20);
    return /http:\S+:\d+/.exec(printed)?.[0] ?? "";
  })();
  return { child, ended, listening };
}

const ask = async (url: string, sql: string) => (await fetch(url, { method: "POST", body: sql })).text();

test("killed with -9 during inserts, five times: all that was acknowledged is there, once", async () => {
  const server = await openTestServer();
  await server.ask("CREATE TABLE t (batch UInt32, i UInt32) ENGINE = MergeTree ORDER BY batch");
  const acknowledged = new Set<number>();
  let batch = 0;
  for (let round = 0; round < 5; round++) {
    let alive = true;
    const lane = async () => {
      while (alive) {
        const mine = ++batch;
        const body = Array.from({ length: 500 }, (_, i) => `${mine}\t${i}\n`).join("");
        const answer = server.ask(body, { url: { query: "INSERT INTO t FORMAT TSV" } });
        if ((await answer.catch(() => undefined))?.status === 200) acknowledged.add(mine);
      }
    };
    const lanes = [lane(), lane(), lane()];
    await sleep(200 + Math.random() * 400);
    process.kill(server.pid, "SIGKILL");
    await sleep(50);
    alive = false;
    await Promise.all(lanes);
    await server.restart();
  }
  const { text } = await server.ask(
    "SELECT batch, count(), uniqExact(i) FROM t GROUP BY batch ORDER BY batch",
  );
  const present = new Map(
    text.split("\n").map((line) => [Number(line.split("\t")[0]), line.split("\t").slice(1).join("/")]),
  );
  expect(acknowledged.size).toBeGreaterThan(10);
  expect([...acknowledged].filter((one) => present.get(one) !== "500/500")).toEqual([]);
  expect(new Set(present.values())).toEqual(new Set(["500/500"]));
  expect(readdirSync(join(server.data, "spool")).filter((name) => name.startsWith("body"))).toEqual([]);
  await server.close();
}, 60_000);

test("killed between an INSERT's token and its part: the token is forgotten, and the retry is taken, by the view's table too", async () => {
  const server = await openTestServer();
  const window = "SETTINGS non_replicated_deduplication_window = 100";
  for (const query of [
    `CREATE TABLE t (x UInt8) ENGINE = MergeTree ORDER BY x ${window}`,
    `CREATE TABLE sums (n UInt64) ENGINE = SummingMergeTree ORDER BY () ${window}`,
    "CREATE MATERIALIZED VIEW to_sums TO sums AS SELECT count() AS n FROM t",
  ])
    await server.ask(query);
  const insert = (token: string) =>
    server.ask("INSERT INTO t VALUES (1)", { url: { insert_deduplication_token: token } });
  const counts = async () =>
    (await server.ask("SELECT (SELECT count() FROM t), (SELECT sum(n) FROM sums)")).text;
  await insert("first");
  await insert("second");
  await server.ask("OPTIMIZE TABLE sums FINAL");
  const { text: path } = await server.ask(
    "SELECT path FROM system.parts WHERE table = 't' AND name = 'all_2_2_0' FORMAT TSVRaw",
  );
  process.kill(server.pid, "SIGKILL");
  // As if it had been killed there: the part still had its temporary name, which the next start removes.
  await sleep(100);
  rmSync(path, { recursive: true });
  await server.restart();
  expect(await counts()).toBe("1\t2");
  await insert("first");
  expect(await counts()).toBe("1\t2");
  await insert("second");
  expect(await counts()).toBe("2\t2");
  process.kill(server.pid, "SIGKILL");
  await sleep(100);
  await server.restart();
  await insert("second");
  expect(await counts()).toBe("2\t2");
  await server.close();
}, 60_000);

test("the same of a table that sums, although its process number was given to another process since", async () => {
  const server = await openTestServer();
  await server.ask(
    "CREATE TABLE s (n UInt64) ENGINE = SummingMergeTree ORDER BY () SETTINGS non_replicated_deduplication_window = 100",
  );
  await server.ask("SYSTEM STOP MERGES s");
  const insert = (n: number) =>
    server.ask(`INSERT INTO s VALUES (${n})`, { url: { insert_deduplication_token: `${n}` } });
  const sum = async () => (await server.ask("SELECT sum(n) FROM s")).text;
  await insert(1);
  await insert(2);
  const { text: path } = await server.ask(
    "SELECT path FROM system.parts WHERE table = 's' AND min_block_number = 2 FORMAT TSVRaw",
  );
  process.kill(server.pid, "SIGKILL");
  await sleep(100);
  rmSync(path, { recursive: true });
  // This process began later than the engine whose number it has.
  const status = join(server.data, "store", "status");
  writeFileSync(status, `PID: ${process.pid}\n`);
  utimesSync(status, 1, 1);
  await server.restart();
  expect(await sum()).toBe("1");
  await insert(1);
  await insert(2);
  expect(await sum()).toBe("3");
  await server.close();
}, 60_000);

test("tables in default survive restarts, and can be renamed into other databases", async () => {
  const server = await openTestServer();
  await server.ask("CREATE DATABASE other");
  await server.ask("CREATE TABLE kept (a Int8) ENGINE = MergeTree ORDER BY a");
  await server.ask("INSERT INTO kept VALUES (1)");
  process.kill(server.pid, "SIGKILL");
  await server.restart();
  expect((await server.ask("SELECT * FROM kept")).text).toBe("1");
  expect(await server.ask("RENAME TABLE kept TO other.moved")).toMatchObject({ status: 200 });
  process.kill(server.pid, "SIGKILL");
  await server.restart();
  expect((await server.ask("SELECT * FROM other.moved")).text).toBe("1");
  await server.close();
});

test("a second process on the same data is refused with one sentence", async () => {
  const data = folder();
  const first = start("--data", data, "--port", "0");
  await first.listening;
  const { code, printed } = await start("--data", data, "--port", "0").ended;
  expect(code).toBe(1);
  expect(printed).toContain(
    `The data directory ${join(data, "store")} is in use by process ${first.child.pid}. Stop that one, or give --data another directory.`,
  );
});

test("a port that is taken is named, with the variable that changes it", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const port = String((taken.address() as { port: number }).port);
  const { code, printed } = await start("--data", folder(), "--port", port).ended;
  taken.close();
  expect(code).toBe(1);
  expect(printed.trim()).toMatch(new RegExp(`^Port ${port} on 127.0.0.1 is taken\\. .*CLICKHOUSE_PORT`));
});

test("wrong usage is explained", async () => {
  expect(await start().ended).toMatchObject({
    code: 2,
    printed: expect.stringContaining("--data is missing\nUsage:"),
  });
  expect(await start("--nonsense").ended).toMatchObject({
    code: 2,
    printed: expect.stringContaining("Usage:"),
  });
  expect(await start("--data", "x", "--port", "http").ended).toMatchObject({ code: 2 });
  const exposed = await start("--data", folder(), "--host", "0.0.0.0").ended;
  expect(exposed).toMatchObject({
    code: 2,
    printed: expect.stringContaining("set CLICKHOUSE_DEFAULT_PASSWORD"),
  });
});

test("SIGTERM lets a running request end, then the process ends with 0", async () => {
  const { child, ended, listening } = start("--data", folder(), "--port", "0");
  const url = await listening;
  const answer = ask(url, "SELECT sleep(2), 'answered'");
  const running = "SELECT count() FROM system.processes WHERE query LIKE 'SELECT sleep%'";
  while ((await ask(url, running)) !== "1\n") await sleep(20);
  child.kill("SIGTERM");
  expect(await answer).toBe("0\tanswered\n");
  expect(await ended).toMatchObject({ code: 0 });
});

test("SIGINT ends the process although a client holds its connection open and another waits for a long query", async () => {
  const { child, ended, listening } = start("--data", folder(), "--port", "0");
  const url = await listening;
  await ask(url, "SELECT 1");
  const long = ask(url, "SELECT sum(sleepEachRow(0.1)) FROM numbers(1000) SETTINGS max_block_size = 1");
  await sleep(300);
  const before = Date.now();
  child.kill("SIGINT");
  expect(await ended).toMatchObject({ code: 0 });
  expect(Date.now() - before).toBeLessThan(7000);
  expect(await long.catch(() => "394")).toContain("394");
}, 20_000);

test("a server started by a program ends with it, however it ends", async () => {
  const program = `import { startClickHouse } from ${JSON.stringify(join(import.meta.dirname, "server.ts"))};
    const { pid } = await startClickHouse({ data: ${JSON.stringify(folder())} });
    console.log(pid);
    process.kill(process.pid, "SIGKILL");`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program]);
  started.push(child);
  const [printed] = await once(child.stdout, "data");
  const pid = Number(String(printed));
  const alive = () => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  const deadline = Date.now() + 10_000;
  while (alive() && Date.now() < deadline) await sleep(50);
  expect(alive()).toBe(false);
});

import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { connect } from "amqplib";
import { Kafka, logLevel } from "kafkajs";
import { Client } from "pg";
import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chatMessage } from "../../events/chat-message.ts";
import { rating } from "../../events/rating.ts";
import {
  type FixtureGitHub,
  openFixtureGitHub,
  name as repo,
} from "../../functions/lib/github/fixture-github.ts";
import { projectRoot } from "../settings.ts";
import { findByEnvironment } from "../stack/alive.ts";
import type { StackStatus } from "../stack/status.ts";
import { garbage } from "./garbage.ts";
import { openStack, type Stack, until } from "./stack.ts";

/** The whole product as a user runs it: `sluice up`, the generators, things killed underneath, `sluice up` again. */
let stack: Stack;
let github: FixtureGitHub;

beforeAll(async () => {
  github = await openFixtureGitHub(250);
  stack = await openStack();
  await stack.sluice("up", "--detach");
}, 120_000);

afterAll(async () => {
  await stack.close();
  await github.close();
}, 60_000);

const count = (query: string) => () => stack.value(query);

const status = async (): Promise<StackStatus> => JSON.parse(await stack.sluice("status", "--json"));
const pidsOf = ({ services }: StackStatus) =>
  Object.fromEntries(Object.entries(services).map(([name, { pid }]) => [name, pid]));

test("`up` returns when everything is running, and every mapping polls", async () => {
  const { ready, services, mappings } = await status();
  expect(ready).toBe(true);
  expect(Object.values(services).map(({ state, by }) => `${state} ${by}`)).toEqual(
    Array(6).fill("running native"),
  );
  expect(mappings.map((one) => `${one.function} ${one.state}`).sort()).toEqual([
    "applyChanges polling",
    "applyChanges polling",
    "classifyRatings polling",
    "completePushes polling",
    "indexChat polling",
    "ingestCommits polling",
    "storeEvents polling",
    "storeShadow polling",
  ]);
});

test("a chat message is in the table two seconds after it was sent", async () => {
  await stack.sluice("chat", "send", "--username", "ann", "--message", "Hello 👋");
  const query = "SELECT message FROM user_messages WHERE username = 'ann'";
  expect(await until("Hello 👋", count(query), 5)).toBe("Hello 👋");
});

test("a thousand ratings come back over HTTP as the algorithm counts them", async () => {
  const { types } = JSON.parse(
    await stack.sluice("ratings", "send", "--count", "1000", "--rate", "max", "--seed", "1", "--json"),
  );
  expect(await until("1000", count("SELECT count() FROM shadow"), 30)).toBe("1000");
  const { data } = JSON.parse(await stack.sluice("ask", "shadow_types", "--json"));
  const counts = Object.fromEntries(
    data.map((row: { type: string; count: number }) => [row.type, row.count]),
  );
  expect(counts).toEqual(types);
}, 60_000);

test("commits that are sent again are the rows they were", async () => {
  const send = ["commits", "send", "--count", "500", "--rate", "max", "--seed"];
  for (const seed of ["2", "2", "3"]) await stack.sluice(...send, seed);
  const rows = "SELECT count() || ' ' || uniqExact(repo, commit_id) FROM github.commits";
  expect(await until("1000 1000", count(rows), 20)).toBe("1000 1000");
  const { data } = JSON.parse(await stack.sluice("ask", "commits_by_author", "--json"));
  const commits = data.map((row: { commits: number }) => row.commits);
  expect(commits.reduce((sum: number, n: number) => sum + n)).toBe(1000);
}, 60_000);

test("commits of a repository on GitHub are in the table, and those of a signed push within seconds", async () => {
  const send = `commits send --source github --repo ${repo} --github-url ${github.url} --json`.split(" ");
  expect(JSON.parse(await stack.sluice(...send))).toMatchObject({ repo, sent: 250, complete: true });
  const id = "f".repeat(40);
  const commits = [{ id, message: "Größe 👋", timestamp: "2026-01-02T00:00:00Z", author: { name: "Ann" } }];
  const push = { ref: "refs/heads/main", before: id, after: id, repository: { full_name: repo }, commits };
  const body = JSON.stringify(push);
  const key = stack.env.GITHUB_WEBHOOK_SECRET ?? "";
  const signature = createHmac("sha256", key).update(body).digest("hex");
  const deliver = () =>
    fetch(`http://127.0.0.1:${stack.settings.HTTP_PORT}/v1/github/push`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-github-event": "push",
        "x-github-delivery": "one",
        "x-hub-signature-256": `sha256=${signature}`,
      },
      body,
    });
  expect((await deliver()).status).toBe(202);
  const start = performance.now();
  expect((await deliver()).status).toBe(202);
  expect(performance.now() - start).toBeLessThan(1000);
  const query = `SELECT count() || ' ' || countIf(commit_message = 'Größe 👋') FROM github.commits WHERE repo = '${repo}'`;
  expect(await until("251 1", count(query), 20)).toBe("251 1");
}, 60_000);

test("people in Postgres are in github.users as they come, move and go", async () => {
  const postgres = new Client({ connectionString: stack.settings.postgresUrl });
  await postgres.connect();
  const people = count(
    "SELECT groupArray((user_name, team, age)) FROM (SELECT * FROM github.users ORDER BY user_name)",
  );
  await postgres.query(
    "INSERT INTO github_users VALUES ('ann', 'Developer', 'core', 30), ('bob', 'Manager', 'web', NULL)",
  );
  const two = "[('ann','core',30),('bob','web',NULL)]";
  expect(await until(two, people, 20)).toBe(two);
  await postgres.query("UPDATE github_users SET team = 'web' WHERE user_name = 'ann'");
  await postgres.query("DELETE FROM github_users WHERE user_name = 'bob'");
  await postgres.end();
  expect(await until("[('ann','web',30)]", people, 20)).toBe("[('ann','web',30)]");
}, 60_000);

test("ten people of one's own commit, and teams have the commits of those who are in them, now or then", async () => {
  const postgres = new Client({ connectionString: stack.settings.postgresUrl });
  await postgres.connect();
  await postgres.query("DELETE FROM github_users");
  await postgres.query(
    "INSERT INTO github_users SELECT 'p' || n, 'engineer', CASE WHEN n < 5 THEN 'core' ELSE 'web' END FROM generate_series(0, 9) n",
  );
  const send = [
    "commits",
    "send",
    "--source",
    "fake",
    "--repo",
    "ten/people",
    "--count",
    "300",
    "--rate",
    "max",
  ];
  await stack.sluice(...send);
  const teams = async (as_of: string) => {
    const params = ["--param", "repo=ten/people", "--param", `as_of=${as_of}`];
    const { data } = JSON.parse(await stack.sluice("ask", "commits_by_team", ...params, "--json"));
    const rows: { team: string; people: number; commits: number }[] = data;
    return `${rows.map(({ team, people }) => `${team} ${people}`).sort()} ${rows.reduce((n, { commits }) => n + commits, 0)}`;
  };
  const before = "core 5,web 5 300";
  expect(await until(before, () => teams("now"), 20)).toBe(before);
  await postgres.query("UPDATE github_users SET team = 'ops' WHERE user_name = 'p0'");
  await postgres.query("DELETE FROM github_users WHERE user_name = 'p9'");
  await postgres.end();
  const after = "core 4,null 0,ops 1,web 4 300";
  expect(await until(after, () => teams("now"), 20)).toBe(after);
  expect(await teams("commit")).toBe(before);
  expect(
    JSON.parse(await stack.sluice("users", "write", "--count", "50", "--rate", "max", "--json")),
  ).toMatchObject({ sent: 50 });
}, 90_000);

test("a product event can be asked for when the collector says so, and counts once however often it is sent", async () => {
  const { HTTP_PORT, SLUICE_WRITE_KEY } = stack.settings;
  const sale = {
    event_type: "ticket_purchase",
    event_id: "e1",
    quantity: 2,
    price: "19.99",
    currency: "EUR",
  };
  const events = [
    { event_type: "page_view" },
    { event_type: "event_view", event_id: "e1" },
    sale,
    { event_type: "" },
  ];
  const post = async () => {
    const response = await fetch(`http://127.0.0.1:${HTTP_PORT}/v1/events/web?wait=true`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${SLUICE_WRITE_KEY}`,
        "content-type": "application/octet-stream",
        "content-encoding": "gzip",
        "idempotency-key": "once",
      },
      body: new Uint8Array(
        gzipSync(
          JSON.stringify(events.map((one) => ({ organizer_id: "end to end", user_id: "ann", ...one }))),
        ),
      ),
    });
    return { status: response.status, ...((await response.json()) as object) };
  };
  for (let times = 0; times < 3; times++)
    expect(await post()).toMatchObject({ status: 200, accepted: 3, quarantined: 1, errors: [{ index: 3 }] });
  const ours = "WHERE organizer_id = 'end to end'";
  const daily = "total_events, unique_visitors, page_views, ticket_purchases";
  expect(await stack.value(`SELECT ${daily} FROM bilten_analytics.organizer_daily_metrics_mv ${ours}`)).toBe(
    "3\t1\t1\t1",
  );
  expect(await stack.value(`SELECT sum(price * quantity) FROM bilten_analytics.ticket_sales ${ours}`)).toBe(
    "39.98",
  );
  expect(await until("3", count(quarantined("http:web")), 20)).toBe("3");
});

const samples: [name: string, sample: string, answer: RegExp][] = [
  ["indexChat", "rabbitmq.chat", /"delivered": \d/],
  ["classifyRatings", "kafka.ratings", /"delivered": 3/],
  ["storeShadow", "kafka.shadow", /"delivered": \d/],
  ["ingestCommits", "kafka.commits", /"delivered": 3/],
  ["applyChanges", "kafka.changes", /"delivered": 4/],
  ["collectEvents", "http.events", /"statusCode": 202/],
  ["storeEvents", "kafka.events", /"delivered": \d/],
  ["rollUpMetrics", "schedule", /"days": \d/],
  ["receiveGithubPush", "http.github-push", /"statusCode": 202/],
  ["completePushes", "kafka.incomplete-pushes", /"delivered": 1/],
  ["pollGithub", "schedule", /"polled": 1/],
  ["query", "http.endpoints", /"statusCode": 200/],
  ["health", "http.health", /"statusCode": 200/],
  ["pages", "http.pages", /"statusCode": 200/],
];
/** One of each protocol; all of them, some seconds each, in `npm run test:long`. */
const usual = process.env.SLUICE_LONG
  ? samples
  : samples.filter(([name]) => ["indexChat", "storeShadow", "query"].includes(name));

test.each(usual)("`sls invoke local` runs %s on its sample", async (name, sample, answer) => {
  const args = [
    "invoke",
    "local",
    "-f",
    name,
    "-p",
    `events/samples/${sample}.json`,
    "-e",
    "SLUICE_READ_KEY=sample",
    "-e",
    "SLUICE_WRITE_KEY=sample",
    "-e",
    "GITHUB_WEBHOOK_SECRET=sample",
    "-e",
    `GITHUB_API_URL=${github.url}`,
    "-e",
    `GITHUB_REPOS=${repo}`,
  ];
  const { stdout } = await promisify(execFile)(join(projectRoot, "node_modules/.bin/sls"), args, {
    env: stack.env,
    cwd: projectRoot,
  });
  expect(stdout).toMatch(answer);
});

test("ClickHouse killed while the bot talks: the display never pauses, and every message is there once", async () => {
  const watch = stack.start("chat", "watch", "--mode", "plain");
  const heard: number[] = [];
  watch.stdout?.on("data", () => heard.push(Date.now()));
  await sleep(2000);
  const bot = stack.start("chat", "send", "--bot", "--username", "bot", "--rate", "25", "--count", "500");
  const sent = once(bot, "exit");
  await sleep(3000);
  const { clickhouse, ...others } = pidsOf(await status());
  process.kill(Number(clickhouse), "SIGKILL");
  await sleep(4000);
  const killed = await status();
  expect(killed.ready).toBe(false);
  expect(killed.services.clickhouse).toMatchObject({
    state: "stopped",
    reason: expect.stringContaining("died"),
  });
  await stack.sluice("up", "--detach");
  const again = await status();
  expect(again.ready).toBe(true);
  expect(pidsOf(again)).toMatchObject(others);
  expect((await sent)[0]).toBe(0);
  const query = "SELECT count() || ' ' || uniqExact(_message_id) FROM user_messages WHERE username = 'bot'";
  expect(await until("500 500", count(query))).toBe("500 500");
  const gaps = heard.slice(1).map((at, index) => at - (heard[index] ?? at));
  watch.kill("SIGINT");
  expect(heard.length).toBeGreaterThan(50);
  expect(Math.max(...gaps)).toBeLessThan(1500);
}, 120_000);

const ratingsBehind = "SELECT count() || ' ' || uniqExact(_origin_partition, _origin_offset) FROM shadow";

test("`sls offline` killed in the middle of a batch, and Kafka under load: nothing lost, nothing twice", async () => {
  const before = Number(await stack.value("SELECT count() FROM shadow"));
  const sending = once(
    stack.start("ratings", "send", "--count", "20000", "--rate", "2000", "--seed", "2"),
    "exit",
  );
  await sleep(3000);
  process.kill(await stack.pid("functions"), "SIGKILL");
  await sleep(500);
  await stack.sluice("up", "--detach");
  await sleep(1000);
  process.kill(await stack.pid("kafka"), "SIGKILL");
  await stack.sluice("up", "--detach");
  expect((await sending)[0]).toBe(0);
  const expected = `${before + 20_000} ${before + 20_000}`;
  expect(await until(expected, count(ratingsBehind), 90)).toBe(expected);
}, 180_000);

test("RabbitMQ killed while the bot talks: every message is there once", async () => {
  const sending = once(
    stack.start("chat", "send", "--bot", "--username", "rabbit", "--rate", "100", "--count", "1500"),
    "exit",
  );
  await sleep(4000);
  process.kill(await stack.pid("rabbitmq"), "SIGKILL");
  await stack.sluice("up", "--detach");
  expect((await sending)[0]).toBe(0);
  const query =
    "SELECT count() || ' ' || uniqExact(_message_id) FROM user_messages WHERE username = 'rabbit'";
  expect(await until("1500 1500", count(query))).toBe("1500 1500");
}, 180_000);

const many = 10_000;
const quarantined = (source: string) => `SELECT count() FROM sluice.quarantine WHERE source = '${source}'`;

test("10,000 garbage messages among 10,000 good ones in RabbitMQ: 10,000 rows, 10,000 quarantined", async () => {
  const connection = await connect(stack.settings.rabbitmqUrl);
  const channel = await connection.createConfirmChannel();
  for (let index = 0; index < many; index++) {
    const good = chatMessage.encode({ username: "good", message: `${index}` });
    channel.publish("chat", "", good, { messageId: uuidv7() });
    channel.publish("chat", "", garbage(index) ?? Buffer.alloc(0), { messageId: uuidv7() });
  }
  await channel.waitForConfirms();
  await connection.close();
  const rows = "SELECT count() FROM user_messages WHERE username = 'good'";
  expect(await until(`${many}`, count(rows), 60)).toBe(`${many}`);
  expect(await until(`${many}`, count(quarantined("rabbitmq:chat.clickhouse")), 30)).toBe(`${many}`);
}, 120_000);

test("10,000 garbage records among 10,000 good ones in Kafka: 10,000 rows, 10,000 quarantined", async () => {
  const kafka = new Kafka({ brokers: stack.settings.brokers, logLevel: logLevel.NOTHING });
  const producer = kafka.producer();
  await producer.connect();
  for (let from = 0; from < many; from += 1000) {
    const messages = Array.from({ length: 1000 }, (_, i) => [
      { key: `k${i}`, value: rating.encode({ rating: 15, unique_id: `good-${from + i}` }) },
      { key: `k${i}`, value: garbage(from + i) },
    ]).flat();
    await producer.send({ topic: "dominate", messages });
  }
  await producer.disconnect();
  const rows = "SELECT count() FROM shadow WHERE startsWith(unique_id, 'good-')";
  expect(await until(`${many}`, count(rows), 60)).toBe(`${many}`);
  expect(await until(`${many}`, count(quarantined("kafka:dominate")), 30)).toBe(`${many}`);
}, 120_000);

test("`down` leaves nothing running", async () => {
  const processes = () => findByEnvironment({ SLUICE_STACK: stack.settings.home });
  expect(processes()).not.toEqual([]);
  await stack.sluice("down");
  expect(processes()).toEqual([]);
}, 60_000);

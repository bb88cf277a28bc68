import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Kafka, logLevel } from "kafkajs";
import { afterEach, beforeEach, expect, inject, test } from "vitest";
import { openGitHub } from "../../functions/lib/github/api.ts";
import { RateLimited } from "../../functions/lib/github/errors.ts";
import {
  commitNumber,
  type FixtureGitHub,
  linesOfNumber,
  name,
  openFixtureGitHub,
} from "../../functions/lib/github/fixture-github.ts";
import { afterAnswers } from "../../functions/lib/github/fixture-interference.ts";
import "../test/services.ts";
import { openCursor } from "./github-cursor.ts";
import { type SendGitHubCommits, sendGitHubCommits } from "./send-github-commits.ts";

const { brokers } = inject("services");

let fixture: FixtureGitHub;
let home: string;
let topic: string;

beforeEach(async () => {
  fixture = await openFixtureGitHub(250);
  home = await mkdtemp(join(tmpdir(), "sluice-github-"));
  topic = `test.commits.${randomUUID()}`;
  await withAdmin((admin) =>
    admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true }),
  );
});
afterEach(async () => {
  await fixture.close();
  await rm(home, { recursive: true, force: true });
});

async function withAdmin<T>(work: (admin: ReturnType<Kafka["admin"]>) => Promise<T>): Promise<T> {
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  return work(admin).finally(() => admin.disconnect());
}

const cursorFile = () => openCursor(home, fixture.url, name);

const send = (options: Partial<SendGitHubCommits> = {}) =>
  sendGitHubCommits({
    brokers,
    topic,
    github: openGitHub({ GITHUB_API_URL: fixture.url, second: 1, patience: 100 }),
    cursor: cursorFile(),
    repo: name,
    rate: Number.POSITIVE_INFINITY,
    count: Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
    ...options,
  });

interface Sent {
  id: number;
  additions?: number;
  deletions?: number;
}

/** Ids in the topic, in order. */
const sentIds = async () => (await sentCommits()).map(({ id }) => id);

async function sentCommits(): Promise<Sent[]> {
  const [{ high } = { high: "0" }] = await withAdmin((admin) => admin.fetchTopicOffsets(topic));
  const consumer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).consumer({
    groupId: topic,
    maxWaitTimeInMs: 100,
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const sent: Sent[] = [];
  const all = Promise.withResolvers<void>();
  await consumer.run({
    eachMessage: async ({ message }) => {
      const { additions, deletions } = JSON.parse(`${message.value}`);
      sent.push({ id: Number.parseInt(`${message.key}`, 16), additions, deletions });
      if (sent.length === Number(high)) all.resolve();
    },
  });
  await all.promise;
  await consumer.disconnect();
  return sent;
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n);

const single = (path: string) => /\/commits\/[\da-f]{40}$/.test(path);
const withTheirLines = (ids: number[]) => ids.map((id) => ({ id, ...linesOfNumber(id) }));

test("all history is sent; then only what was pushed since, and nothing while nothing was", async () => {
  expect(await send()).toEqual({ repo: name, sent: 250, complete: true });
  expect(await send()).toEqual({ repo: name, sent: 0, complete: true });
  expect(fixture.headers["if-none-match"]).toBe(`"${commitNumber(249).sha}"`);
  fixture.history.push(...range(250, 370).map(commitNumber));
  expect(await send()).toEqual({ repo: name, sent: 120, complete: true });
  expect(await sentIds()).toEqual([...range(0, 250).reverse(), ...range(250, 370)]);
  expect(fixture.requests.filter(single)).toEqual([]);
});

test("with lines, each commit is asked for once and sent with its own, and none beyond the count", async () => {
  expect(await send({ lines: true, count: 130 })).toEqual({ repo: name, sent: 130, complete: false });
  expect(fixture.requests.filter(single).length).toBeLessThan(134);
  fixture.requests.length = 0;
  expect(await send({ lines: true })).toEqual({ repo: name, sent: 120, complete: true });
  expect(fixture.requests.filter(single)).toHaveLength(120);
  expect(await sentCommits()).toEqual(withTheirLines(range(0, 250).reverse()));
});

test("with lines, a run that a rate limit ended is gone on with, each commit once", async () => {
  const github = openGitHub({ GITHUB_API_URL: fixture.url, second: 1 });
  fixture.interferences.push(...afterAnswers(89, { status: 429, headers: { "retry-after": "60" } }));
  await expect(send({ lines: true, github })).rejects.toThrow(RateLimited);
  const { sent } = await send({ lines: true });
  expect(sent).toBeLessThan(200);
  expect(await sentCommits()).toEqual(withTheirLines(range(0, 250).reverse()));
});

test("with lines, a rate limit is waited for, and the rate stays what was asked for", async () => {
  fixture.history.length = 12;
  fixture.interferences.push(...afterAnswers(10, { status: 429, headers: { "retry-after": "5" } }));
  const start = performance.now();
  expect(await send({ lines: true, rate: 4 })).toMatchObject({ sent: 12, complete: true });
  expect(performance.now() - start).toBeGreaterThan(11 * 250);
  expect(await sentCommits()).toEqual(withTheirLines(range(0, 12).reverse()));
});

test("a run that was stopped is gone on with, each commit once, also when more is pushed meanwhile", async () => {
  expect(await send({ count: 130 })).toEqual({ repo: name, sent: 130, complete: false });
  fixture.history.push(commitNumber(250));
  expect(await send({ count: 60 })).toMatchObject({ sent: 60 });
  expect(await send()).toEqual({ repo: name, sent: 61, complete: true });
  expect(await sentIds()).toEqual([...range(0, 250).reverse(), 250]);
});

test("a run that failed is gone on with", async () => {
  let requests = 0;
  const github = openGitHub({ GITHUB_API_URL: fixture.url, second: 1 });
  const failing: typeof github = (path, question) => {
    if (++requests === 4) fixture.interferences.push(...Array.from({ length: 4 }, () => "cut" as const));
    return github(path, question);
  };
  await expect(send({ github: failing })).rejects.toThrow(/no answer/);
  expect(await send()).toMatchObject({ sent: 150, complete: true });
  expect(await sentIds()).toEqual(range(0, 250).reverse());
});

test("a rate limit is waited for in the middle of it", async () => {
  fixture.interferences.push(
    { status: 403, headers: { "retry-after": "5" } },
    { status: 429, headers: { "retry-after": "5" } },
  );
  expect(await send()).toMatchObject({ sent: 250, complete: true });
});

test("when a forced push took away what was sent last, everything is read again", async () => {
  await send();
  fixture.history.splice(0, 250, ...range(1000, 1150).map(commitNumber));
  expect(await send()).toMatchObject({ sent: 150, complete: true });
});

test("an interrupted run ends, and the next goes on from there", async () => {
  const { sent, complete } = await send({ rate: 200, signal: AbortSignal.timeout(700) });
  expect(sent).toBeGreaterThan(0);
  expect(complete).toBe(false);
  expect(await send()).toMatchObject({ sent: 250 - sent, complete: true });
  expect(await sentIds()).toEqual(range(0, 250).reverse());
});

test("only what was committed since a date, when nothing was sent yet; an empty repository has nothing", async () => {
  expect(await send({ since: new Date(Date.UTC(2026, 0, 1, 4)) })).toMatchObject({
    sent: 10,
    complete: true,
  });
  fixture.history.length = 0;
  cursorFile().remove();
  expect(await send()).toEqual({ repo: name, sent: 0, complete: true });
});

test("a cursor that is none is told with its path", async () => {
  await send({ count: 1 });
  await writeFile(cursorFile().path, "{");
  await expect(send()).rejects.toThrow(/github.*json is no cursor.*--restart/);
});

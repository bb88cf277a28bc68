import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openGitHub } from "../lib/github/api.ts";
import {
  commitNumber,
  type FixtureGitHub,
  linesOfNumber,
  name,
  openFixtureGitHub,
} from "../lib/github/fixture-github.ts";
import { afterAnswers } from "../lib/github/fixture-interference.ts";
import { openStored, type Stored } from "../lib/github/stored.ts";
import type { Outgoing } from "../lib/kafka.ts";
import { openScratch, type Scratch } from "../lib/testing.ts";
import { createHandler } from "./handler.ts";

let fixture: FixtureGitHub;
let scratch: Scratch;
let sent: Outgoing[];
/** `github.commits` is one table for all tests: each has a repository of its own in it. */
let repo: string;

beforeEach(async () => {
  fixture = await openFixtureGitHub(500);
  scratch = await openScratch();
  sent = [];
  repo = `test/${randomUUID()}`;
});
afterEach(() => fixture.close());

const minute = 60_000;
const at = (n: number) => Date.UTC(2026, 0, 1) + n * minute;

const store = (numbers: number[]) =>
  scratch.client.insert({
    table: "github.commits",
    format: "JSONEachRow",
    columns: ["commit_id", "author", "commit_message", "commit_date", "repo", "committed_at"],
    values: numbers.map((n) => {
      const committed_at = new Date(at(n)).toISOString().slice(0, 19).replace("T", " ");
      return {
        commit_id: commitNumber(n).sha,
        author: "ann",
        commit_message: "",
        commit_date: "2026-01-01",
        repo,
        committed_at,
      };
    }),
  });

function open({ repos = [name], now = at(499), lines = false } = {}) {
  const stored = openStored(scratch.client);
  const own: Stored = {
    newest: (_, moment) => stored.newest(repo, moment),
    among: (_, ids) => stored.among(repo, ids),
  };
  const github = openGitHub({ GITHUB_API_URL: fixture.url, second: 1 });
  const produce = async (_topic: string, messages: Outgoing[]) => void sent.push(...messages);
  return createHandler({ github, stored: own, produce, now: () => now, overlap: 120 * minute, lines }, repos);
}

const numbers = () => sent.map(({ key }) => Number.parseInt(key, 16));
const single = (path: string) => /\/commits\/[\da-f]{40}$/.test(path);
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n);

test("what was pushed since the newest stored commit is sent, the oldest first, and nothing else", async () => {
  await store(range(0, 480));
  expect(await open()()).toEqual({ polled: 1, sent: 20, limited_until: null });
  expect(numbers()).toEqual(range(480, 500));
  expect(fixture.requests.filter(single)).toEqual([]);
});

const sentLines = () =>
  sent.map(({ value }) => {
    const { additions, deletions } = JSON.parse(value.toString());
    return { additions, deletions };
  });

test("with lines, only what is missing is asked for, and sent with them", async () => {
  await store(range(0, 480));
  expect(await open({ lines: true })()).toEqual({ polled: 1, sent: 20, limited_until: null });
  expect(sentLines()).toEqual(range(480, 500).map(linesOfNumber));
  expect(fixture.requests.filter(single)).toHaveLength(20);
});

test("with lines, a rate limit leaves what was sent before it, and the next poll sends the rest", async () => {
  await store(range(0, 440));
  fixture.interferences.push(...afterAnswers(23, { status: 429, headers: { "retry-after": "1" } }));
  const first = await open({ lines: true, now: Date.now() })();
  expect(first).toEqual({ polled: 0, sent: sent.length, limited_until: expect.stringMatching(/Z$/) });
  expect(numbers()).toEqual(range(440, 440 + sent.length));
  expect(sent.length).toBeGreaterThan(0);
  expect(sent.length).toBeLessThan(60);
  await store(numbers());
  expect(await open({ lines: true })()).toMatchObject({ polled: 1, sent: 60 - first.sent });
  expect(numbers()).toEqual(range(440, 500));
  expect(sentLines()).toEqual(range(440, 500).map(linesOfNumber));
});

test("gaps before the newest stored commit are closed, within the overlap and next to it", async () => {
  const stored = range(0, 500).filter((n) => n !== 20 && n !== 395 && (n < 310 || n > 385));
  await store(stored);
  await open()();
  expect(numbers()).toEqual([...range(310, 386), 395]);
});

test("of a repository never seen, the overlap is sent", async () => {
  await open()();
  expect(numbers()).toEqual(range(379, 500));
});

test("an empty gap of hundreds of commits is read to its end", async () => {
  await store([...range(0, 50), 499]);
  await open()();
  expect(numbers()).toEqual(range(50, 499));
});

test("a commit dated in the future hides nothing", async () => {
  await store([...range(0, 480), 100_000]);
  await open()();
  expect(numbers()).toEqual(range(480, 500));
});

test("while nothing is pushed a warm environment asks two conditional questions", async () => {
  await store(range(0, 500));
  const poll = open();
  await poll();
  fixture.requests.length = 0;
  expect(await poll()).toMatchObject({ sent: 0 });
  expect(fixture.requests).toHaveLength(2);
});

test("commits that Kafka did not take are sent by the next poll", async () => {
  await store(range(0, 490));
  const refuse = sent;
  refuse.push = () => {
    throw new Error("no leader");
  };
  const poll = open();
  await expect(poll()).rejects.toThrow("no leader");
  sent = [];
  await poll();
  expect(numbers()).toEqual(range(490, 500));
});

test("a rate limit ends the poll, and nothing is asked before it has ended", async () => {
  const poll = open({ repos: [name, name], now: Date.now() });
  fixture.interferences.push({ status: 403, headers: { "retry-after": "60" } });
  expect(await poll()).toEqual({ polled: 0, sent: 0, limited_until: expect.stringMatching(/Z$/) });
  expect(await poll()).toMatchObject({ polled: 0 });
  expect(fixture.requests).toHaveLength(1);
});

test("one repository that is gone does not stop the others, and is told at the end", async () => {
  fixture.interferences.push({ status: 404, body: { message: "Not Found" } });
  await expect(open({ repos: ["bob/tea", name] })()).rejects.toThrow(/bob\/tea.*404/);
  expect(sent.length).toBeGreaterThan(0);
});

import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { commit } from "../../events/commit.ts";
import { encodeKafkaEvent } from "../../events/envelope/kafka.ts";
import { incompletePush } from "../../events/github-push.ts";
import { openGitHub } from "../lib/github/api.ts";
import { RateLimited } from "../lib/github/errors.ts";
import {
  commitNumber,
  type FixtureGitHub,
  linesOfNumber,
  name,
  openFixtureGitHub,
} from "../lib/github/fixture-github.ts";
import { afterAnswers } from "../lib/github/fixture-interference.ts";
import { openStored } from "../lib/github/stored.ts";
import type { Outgoing } from "../lib/kafka.ts";
import { openScratch } from "../lib/testing.ts";
import { createHandler } from "./handler.ts";

let fixture: FixtureGitHub;
let sent: Outgoing[];
/** `github.commits` is one table for all tests: each has a repository of its own in it. */
let repo: string;

beforeEach(async () => {
  fixture = await openFixtureGitHub(250);
  sent = [];
  repo = `test/${randomUUID()}`;
});
afterEach(() => fixture.close());

const id = (n: number) => commitNumber(n).sha;

async function complete(before: string, after: string, { branch = "feature/tea", lines = false } = {}) {
  const github = openGitHub({ GITHUB_API_URL: fixture.url, second: 1 });
  const produce = async (_topic: string, messages: Outgoing[]) => void sent.push(...messages);
  const { store, client } = await openScratch();
  const stored = { among: (_: string, ids: string[]) => openStored(client).among(repo, ids) };
  const value = incompletePush.encode({ repo: name, branch, before, after });
  const record = {
    topic: "incomplete_pushes",
    partition: 0,
    offset: 0,
    timestamp: 0,
    timestampType: "CREATE_TIME" as const,
  };
  return createHandler(
    { github, produce, stored, lines },
    store,
  )(encodeKafkaEvent({ bootstrapServers: "b:9092" }, [{ ...record, key: null, value, headers: [] }]));
}

/** As `ingest-commits` does. */
async function storeSent() {
  const { client } = await openScratch();
  const rest = { repo, author: "ann", commit_message: "", commit_date: "2026-01-01" };
  await client.insert({
    table: "github.commits",
    format: "JSONEachRow",
    columns: ["commit_id", "repo", "author", "commit_message", "commit_date"],
    values: sent.map(({ key }) => ({ commit_id: key, ...rest })),
  });
}

test("all commits of a push are sent, whatever it listed", async () => {
  expect(await complete(id(9), id(239))).toMatchObject({ delivered: 1, rejected: 0 });
  expect(sent.map(({ key }) => key)).toEqual(Array.from({ length: 230 }, (_, n) => id(n + 10)));
  expect(fixture.requests).toHaveLength(3);
});

test("with lines, each commit is asked for and sent with its own", async () => {
  await complete(id(99), id(239), { lines: true });
  expect(sent.map(({ value }) => commit.decode(value))).toMatchObject(
    Array.from({ length: 140 }, (_, n) => ({
      ok: true,
      event: { commit_id: id(n + 100), ...linesOfNumber(n + 100) },
    })),
  );
  expect(fixture.requests).toHaveLength(2 + 140);
});

test("with lines, a push that a rate limit brought back is gone on with: what ClickHouse has is not asked for again", async () => {
  fixture.interferences.push(...afterAnswers(119, { status: 429, headers: { "retry-after": "60" } }));
  await expect(complete(id(9), id(239), { lines: true })).rejects.toThrow(RateLimited);
  expect(sent.length).toBeGreaterThan(100);
  await storeSent();
  fixture.requests.length = 0;
  await complete(id(9), id(239), { lines: true });
  expect(sent.map(({ key }) => key)).toEqual(Array.from({ length: 230 }, (_, n) => id(n + 10)));
  expect(fixture.requests.length).toBeLessThan(3 + 130);
});

test("with lines, a push whose commits are gone is settled", async () => {
  const gone = { status: 404, body: { message: "Not Found" } };
  fixture.interferences.push(gone, gone);
  expect(await complete(id(9), id(239), { lines: true })).toMatchObject({ delivered: 1 });
  expect(sent).toEqual([]);
});

test("the default branch made by a push has all its history", async () => {
  await complete("0".repeat(40), id(249), { branch: "main" });
  expect(sent).toHaveLength(250);
});

test("after a forced push that left nothing to compare with, all history is read", async () => {
  await complete("f".repeat(40), id(149));
  expect(new Set(sent.map(({ key }) => key)).size).toBe(150);
});

test("a rate limit, and a GitHub that is away, bring the push back", async () => {
  fixture.interferences.push({ status: 429, headers: { "retry-after": "60" } });
  await expect(complete(id(9), id(239))).rejects.toThrow(RateLimited);
  fixture.interferences.push(...Array.from({ length: 4 }, () => "reset" as const));
  await expect(complete(id(9), id(239))).rejects.toThrow(/no answer/);
  expect(sent).toEqual([]);
});

test("a repository that is gone is settled", async () => {
  const gone = { status: 404, body: { message: "Not Found" } };
  fixture.interferences.push(gone, gone);
  expect(await complete(id(9), id(239))).toMatchObject({ delivered: 1 });
});

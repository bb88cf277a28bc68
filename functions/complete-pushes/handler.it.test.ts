import { afterEach, beforeEach, expect, test } from "vitest";
import { encodeKafkaEvent } from "../../events/envelope/kafka.ts";
import { incompletePush } from "../../events/github-push.ts";
import { openGitHub } from "../lib/github/api.ts";
import { RateLimited } from "../lib/github/errors.ts";
import { commitNumber, type FixtureGitHub, name, openFixtureGitHub } from "../lib/github/fixture-github.ts";
import type { Outgoing } from "../lib/kafka.ts";
import { openScratch } from "../lib/testing.ts";
import { createHandler } from "./handler.ts";

let fixture: FixtureGitHub;
let sent: Outgoing[];

beforeEach(async () => {
  fixture = await openFixtureGitHub(250);
  sent = [];
});
afterEach(() => fixture.close());

const id = (n: number) => commitNumber(n).sha;

async function complete(before: string, after: string, branch = "feature/tea") {
  const github = openGitHub({ GITHUB_API_URL: fixture.url, second: 1 });
  const { store } = await openScratch();
  const value = incompletePush.encode({ repo: name, branch, before, after });
  const record = {
    topic: "incomplete_pushes",
    partition: 0,
    offset: 0,
    timestamp: 0,
    timestampType: "CREATE_TIME" as const,
  };
  return createHandler(
    github,
    async (_topic, messages) => void sent.push(...messages),
    store,
  )(encodeKafkaEvent({ bootstrapServers: "b:9092" }, [{ ...record, key: null, value, headers: [] }]));
}

test("all commits of a push are sent, whatever it listed", async () => {
  expect(await complete(id(9), id(239))).toMatchObject({ delivered: 1, rejected: 0 });
  expect(sent.map(({ key }) => key)).toEqual(Array.from({ length: 230 }, (_, n) => id(n + 10)));
});

test("the default branch made by a push has all its history", async () => {
  await complete("0".repeat(40), id(249), "main");
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

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { commit } from "../../../events/commit.ts";
import { type GitHubOptions, openGitHub } from "./api.ts";
import { describeRepository, headOf, historyPath, readPage, toCommit } from "./commits.ts";
import { GitHubError, RateLimited } from "./errors.ts";
import { commitNumber, type FixtureGitHub, name, openFixtureGitHub } from "./fixture-github.ts";

let fixture: FixtureGitHub;
let waits: number[];

beforeEach(async () => {
  fixture = await openFixtureGitHub(250);
  waits = [];
});
afterEach(() => fixture.close());

/** A second takes a millisecond. */
const open = (options: Partial<GitHubOptions> = {}) =>
  openGitHub({
    GITHUB_API_URL: fixture.url,
    second: 1,
    onWait: (seconds) => waits.push(seconds),
    ...options,
  });

const main = { repo: name, branch: "main" };
const first = historyPath(name, "main");

test("every page of a history comes once, by GitHub's own links, below the address that was given", async () => {
  const github = open();
  const shas: string[] = [];
  for (let path: string | undefined = first; path; ) {
    const page = await readPage(github, path);
    shas.push(...page.commits.map(({ sha }) => sha));
    path = page.next;
  }
  expect(shas).toEqual(fixture.history.map(({ sha }) => sha).reverse());
  expect(fixture.requests).toHaveLength(3);
});

test("the token goes along, and nowhere else than to the address that was given", async () => {
  const github = open({ GITHUB_TOKEN: "hunter2" });
  fixture.interferences.push({
    status: 200,
    headers: { link: '<https://evil.example/repos/ann/tea/commits?page=2>; rel="next"' },
    body: [],
  });
  const { next } = await readPage(github, first);
  expect(fixture.headers.authorization).toBe("token hunter2");
  await readPage(github, next as string);
  expect(fixture.requests.at(-1)).toBe("/repos/ann/tea/commits?page=2");
});

test("what has not changed is not sent again", async () => {
  const github = open();
  const head = await headOf(github, main);
  expect(head).toBe(fixture.history.at(-1)?.sha);
  expect(await headOf(github, main, head)).toBe(head);
  expect(fixture.headers["if-none-match"]).toBe(`"${head}"`);
  const described = await describeRepository(github, name);
  expect(described).toMatchObject(main);
  expect(await describeRepository(github, name, described === "unchanged" ? "" : described.etag)).toBe(
    "unchanged",
  );
});

test("an empty repository has no head and no commits, at once", async () => {
  fixture.history.length = 0;
  expect(await headOf(open(), main)).toBeUndefined();
  expect(await readPage(open(), first)).toEqual({ commits: [], next: undefined });
  expect(fixture.requests).toHaveLength(2);
});

const soon = () => `${Math.floor(Date.now() / 1000) + 100}`;

describe("a rate limit is waited for", () => {
  test.each([
    ["403 with retry-after", { status: 403, headers: { "retry-after": "7" } }, 7],
    ["429 with retry-after", { status: 429, headers: { "retry-after": "7" } }, 7],
    [
      "429 with retry-after, beside a primary limit that is used up",
      {
        status: 429,
        headers: { "retry-after": "7", "x-ratelimit-remaining": "0", "x-ratelimit-reset": soon() },
      },
      7,
    ],
    [
      "403 with x-ratelimit-reset",
      { status: 403, headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": soon() } },
      101,
    ],
    [
      "429 with x-ratelimit-reset",
      { status: 429, headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": soon() } },
      101,
    ],
    ["429 without a word", { status: 429 }, 60],
    [
      "403 that speaks of a secondary limit",
      { status: 403, body: { message: "You have exceeded a secondary rate limit." } },
      60,
    ],
  ])("%s", async (_what, interference, seconds) => {
    fixture.interferences.push(interference);
    const { commits } = await readPage(open({ patience: 3600 }), first);
    expect(commits).toHaveLength(100);
    expect(waits).toEqual([expect.closeTo(seconds, -1)]);
    expect(fixture.requests).toHaveLength(2);

    fixture.interferences.push(interference);
    const error = await readPage(open({ patience: 0 }), first).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(RateLimited);
    const until = (error as RateLimited).until.getTime();
    expect((until - Date.now()) / 1000).toBeCloseTo(seconds, -1);
    expect(fixture.requests).toHaveLength(3);
  });
});

test.each([
  ["500", { status: 500 }],
  ["502 from a proxy", { status: 502, body: "<html>", headers: { "content-type": "text/html" } }],
  ["503", { status: 503 }],
  ["a connection that is reset", "reset"],
  ["a body that is cut short", "cut"],
] as const)("%s is tried again, three times at the most", async (_what, interference) => {
  const github = open();
  fixture.interferences.push(interference, interference);
  expect((await readPage(github, first)).commits).toHaveLength(100);
  expect(fixture.requests).toHaveLength(3);
  fixture.interferences.push(...Array.from({ length: 4 }, () => interference));
  await expect(readPage(github, first)).rejects.toThrow(GitHubError);
  expect(fixture.requests).toHaveLength(7);
});

test.each([
  ["401", { status: 401, body: { message: "Bad credentials" } }, /401 Bad credentials.*GITHUB_TOKEN/],
  ["403 that is no limit", { status: 403, body: { message: "Resource not accessible" } }, /403 Resource/],
  [
    "404",
    { status: 404, body: { message: "Not Found" } },
    /repos\/ann\/tea\/commits.*404 Not Found.*GITHUB_TOKEN/,
  ],
  ["a page of somebody else", { status: 200, body: "<html>hello" }, /GITHUB_API_URL/],
])("%s is an error at once", async (_what, interference, message) => {
  fixture.interferences.push(interference);
  await expect(readPage(open({ patience: 3600 }), first)).rejects.toThrow(message);
  expect(fixture.requests).toHaveLength(1);
});

test("a commit keeps the contract, whoever made it; the account is its author, else the name in it", () => {
  expect(toCommit(main, commitNumber(3))).toEqual({
    commit_id: commitNumber(3).sha,
    repo: name,
    branch: "main",
    author: "ann",
    commit_message: "Brew 3 ☕",
    commit_date: "2026-01-01",
    authored_at: "2026-01-01T00:03:00Z",
    committed_at: "2026-01-01T00:03:00Z",
  });
  expect(toCommit(main, commitNumber(4)).author).toBe("Ann 4 Tea");
  const nobody = { sha: "0", commit: { message: "", author: null, committer: null }, author: {} };
  const long = { ...commitNumber(1), commit: { message: "☕".repeat(300_000) } };
  for (const listed of [commitNumber(3), nobody, long]) {
    const bytes = commit.encode(toCommit(main, listed));
    expect(commit.decode(bytes)).toMatchObject({ ok: true });
    expect(bytes.length).toBeLessThan(768 * 1024);
  }
  const west = { message: "", committer: { date: "2026-01-01T23:00:00-08:00" } };
  expect(toCommit(main, { sha: "0", commit: west }).commit_date).toBe("2026-01-02");
});

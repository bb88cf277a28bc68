import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readEnv } from "../env.ts";
import { type GitHub, openGitHub } from "./api.ts";
import { type CountedCommit, toCommit } from "./commits.ts";
import { GitHubError, RateLimited } from "./errors.ts";
import {
  commitNumber,
  type FixtureGitHub,
  linesOfNumber,
  name,
  openFixtureGitHub,
} from "./fixture-github.ts";
import { afterAnswers } from "./fixture-interference.ts";
import { linesVariables, withLines } from "./lines.ts";

let fixture: FixtureGitHub;
let github: GitHub;

beforeEach(async () => {
  fixture = await openFixtureGitHub(50);
  github = openGitHub({ GITHUB_API_URL: fixture.url, second: 1 });
});
afterEach(() => fixture.close());

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n);

async function count(numbers: number[], asked = github, counted: CountedCommit[] = []) {
  for await (const part of withLines(asked, name, numbers.map(commitNumber))) counted.push(...part);
  return counted;
}

test("each commit comes with its lines, in order, for one request each and four at a time", async () => {
  let [running, most] = [0, 0];
  const watched: GitHub = async (path, question) => {
    most = Math.max(most, ++running);
    return github(path, question).finally(() => running--);
  };
  const counted = await count(range(0, 50), watched);
  expect(counted).toEqual(range(0, 50).map((n) => ({ ...commitNumber(n), lines: linesOfNumber(n) })));
  expect(fixture.requests).toHaveLength(50);
  expect(most).toBe(4);
  expect(toCommit({ repo: name, branch: "main" }, counted[9] as CountedCommit)).toMatchObject({
    commit_id: commitNumber(9).sha,
    ...linesOfNumber(9),
  });
});

test("a commit that is gone comes without lines, and the others with theirs", async () => {
  const counted = await count([3, 1000, 4]);
  expect(counted.map(({ lines }) => lines)).toEqual([linesOfNumber(3), undefined, linesOfNumber(4)]);
  expect(toCommit({ repo: name, branch: "main" }, counted[1] as CountedCommit)).not.toHaveProperty(
    "additions",
  );
});

test.each([
  ["404", { status: 404 }],
  ["409", { status: 409 }],
  ["no stats", { status: 200, body: commitNumber(3) }],
  ["lines that are no numbers", { status: 200, body: { stats: { additions: "3", deletions: -1 } } }],
])("a commit with %s comes without lines, at once", async (_what, interference) => {
  fixture.interferences.push(interference);
  expect(await count([3])).toEqual([{ ...commitNumber(3), lines: undefined }]);
  expect(fixture.requests).toHaveLength(1);
});

test("a commit too large for GitHub to compare holds up none that follow", async () => {
  const body = { message: "Server Error: Sorry, this diff is taking too long to generate." };
  fixture.interferences.push(...Array.from({ length: 4 }, () => ({ status: 500, body })));
  expect((await count([3])).map(({ lines }) => lines)).toEqual([undefined]);
});

test.each([
  ["a rate limit", [{ status: 429, headers: { "retry-after": "60" } }], RateLimited],
  ["a GitHub that is away", Array.from({ length: 16 }, () => "reset" as const), GitHubError],
])("%s ends it, and what came before was handed on", async (_what, interferences, kind) => {
  fixture.interferences.push(...afterAnswers(8, ...interferences));
  const handedOn: CountedCommit[] = [];
  await expect(count(range(0, 50), github, handedOn)).rejects.toThrow(kind);
  expect(handedOn).toHaveLength(8);
  await sleep(100);
  expect(new Set(fixture.requests).size).toBeLessThanOrEqual(12);
});

test("GITHUB_LINES is true or false, and false when it is not set", () => {
  expect(readEnv(linesVariables, {})).toEqual({ GITHUB_LINES: false });
  expect(readEnv(linesVariables, { GITHUB_LINES: "" })).toEqual({ GITHUB_LINES: false });
  expect(readEnv(linesVariables, { GITHUB_LINES: "false" })).toEqual({ GITHUB_LINES: false });
  expect(readEnv(linesVariables, { GITHUB_LINES: "true" })).toEqual({ GITHUB_LINES: true });
  for (const wrong of ["yes", "1", "TRUE"])
    expect(() => readEnv(linesVariables, { GITHUB_LINES: wrong })).toThrow(/GITHUB_LINES/);
});

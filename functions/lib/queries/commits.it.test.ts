import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { ask } from "../ask.ts";
import { openScratch, type Scratch } from "../testing.ts";
import { commitsByAuthor, commitsByRepository, commitsPerInterval, firstTimeCommitters } from "./commits.ts";

/** `github.commits` is one table for all tests: each has a repository of its own. */
let repo: string;
let scratch: Scratch;

beforeEach(async () => {
  scratch = await openScratch();
  repo = `test/${randomUUID()}`;
});

type Given = [author: string, committed_at: string, additions?: number | null];

const commit = (rows: Given[], into = repo) =>
  scratch.client.insert({
    table: "github.commits",
    format: "JSONEachRow",
    columns: ["commit_id", "author", "commit_message", "commit_date", "repo", "committed_at", "additions"],
    values: rows.map(([author, committed_at, additions = null], i) => ({
      commit_id: `id ${i}`,
      author,
      commit_message: `message ${i}`,
      commit_date: committed_at.slice(0, 10),
      repo: into,
      committed_at,
      additions,
    })),
  });

const perInterval = async (given: Record<string, string>) =>
  (await ask(scratch.client, commitsPerInterval, { repo, ...given })).data.map((row) => {
    const { interval_start, commits } = commitsPerInterval.row.strict().parse(row);
    return [interval_start, commits];
  });

test("commits_by_author counts commits and lines, ties by name; lines nobody told are null", async () => {
  await commit([
    ["bob", "2026-01-01 00:00:00"],
    ["ann", "2026-01-01 00:00:01", 0],
    ["cid", "2026-01-01 00:00:02.5", 3],
    ["cid", "2026-01-03 00:00:00", null],
    ["cid", "2026-01-02 00:00:00", 4],
  ]);
  await commit([["dan", "2026-01-01 00:00:00"]], `${repo}-fork`);
  const { data } = await ask(scratch.client, commitsByAuthor, { repo });
  for (const row of data) commitsByAuthor.row.strict().parse(row);
  expect(data.map(({ author, commits, additions }) => [author, commits, additions])).toEqual([
    ["cid", 3, 7],
    ["ann", 1, 0],
    ["bob", 1, null],
  ]);
  expect(data[0]).toMatchObject({
    first_commit_at: "2026-01-01 00:00:02.500",
    last_commit_at: "2026-01-03 00:00:00.000",
  });
});

test("commits_by_repository counts commits and authors of the chosen time, both ends included", async () => {
  await commit([
    ["bob", "2026-01-01 00:00:00"],
    ["ann", "2026-01-02 00:00:00", 5],
    ["ann", "2026-01-03 00:00:00", 2],
    ["cid", "2026-01-03 00:00:00.001"],
  ]);
  const range = { since: "2026-01-02T00:00:00Z", until: "2026-01-03" };
  const { data } = await ask(scratch.client, commitsByRepository, { repo, ...range });
  expect(data.map((row) => commitsByRepository.row.strict().parse(row))).toMatchObject([
    { repo, commits: 2, authors: 1, additions: 7, deletions: null },
  ]);
  expect((await ask(scratch.client, commitsByAuthor, { repo, ...range })).data).toMatchObject([
    { author: "ann", commits: 2 },
  ]);
});

describe("commits_per_interval", () => {
  test("has every interval up to the given moment, and none after it", async () => {
    await commit([
      ["ann", "2026-01-01 23:59:59.999"],
      ["ann", "2026-01-03 00:00:00"],
      ["bob", "2026-01-03 12:00:00"],
      ["ann", "2026-01-03 12:00:00.001"],
    ]);
    expect(await perInterval({ until: "2026-01-03T12:00:00Z", limit: "3" })).toEqual([
      ["2026-01-01 00:00:00", 1],
      ["2026-01-02 00:00:00", 0],
      ["2026-01-03 00:00:00", 2],
    ]);
    expect(await perInterval({ until: "2026-01-03T12:00:00Z", limit: "2", author: "ann" })).toEqual([
      ["2026-01-02 00:00:00", 0],
      ["2026-01-03 00:00:00", 1],
    ]);
  });

  test("counts authors once each", async () => {
    await commit([
      ["ann", "2026-01-03 01:00:00"],
      ["ann", "2026-01-03 02:00:00"],
      ["bob", "2026-01-03 03:00:00"],
    ]);
    const { data } = await ask(scratch.client, commitsPerInterval, {
      repo,
      until: "2026-01-03T12:00:00Z",
      limit: "1",
    });
    expect(data).toEqual([
      {
        interval_start: "2026-01-03 00:00:00",
        unix_time: Date.UTC(2026, 0, 3) / 1000,
        commits: 3,
        authors: 2,
      },
    ]);
  });

  test("weeks begin on Monday", async () => {
    await commit([
      ["ann", "2026-01-04 23:00:00"],
      ["ann", "2026-01-05 01:00:00"],
    ]);
    expect(await perInterval({ interval: "week", until: "2026-01-05T12:00:00Z", limit: "2" })).toEqual([
      ["2025-12-29 00:00:00", 1],
      ["2026-01-05 00:00:00", 1],
    ]);
  });

  test("days are those of the time zone, short and long ones too", async () => {
    // Clocks go forward on 2026-03-29 at 1:00 UTC and back on 2026-10-25.
    await commit([
      ["ann", "2026-03-28 22:59:59"],
      ["ann", "2026-03-28 23:00:00"],
      ["ann", "2026-03-29 21:59:59"],
      ["ann", "2026-03-29 22:00:00"],
    ]);
    const zone = { timezone: "europe/berlin", until: "2026-03-30T10:00:00+02:00", limit: "3" };
    expect(await perInterval(zone)).toEqual([
      ["2026-03-28 00:00:00", 1],
      ["2026-03-29 00:00:00", 2],
      ["2026-03-30 00:00:00", 1],
    ]);
  });

  test.each([
    ["Europe/Berlin", "2026-10-25T03:30:00Z", 5, ["02:00:00", "02:00:00", "03:00:00", "04:00:00"]],
    ["Asia/Kolkata", "2026-01-01T00:10:00Z", 3, ["04:00:00", "05:00:00"]],
    ["Australia/Lord_Howe", "2026-04-04T17:10:00Z", 6, []],
  ])(
    "no hour of %s is lost where clocks change or hours begin at half past",
    async (timezone, until, limit, ends) => {
      const end = Date.parse(until);
      const quarters = Array.from({ length: 4 * (limit - 2) }, (_, i) => end - i * 900_000);
      await commit(quarters.map((at) => ["ann", new Date(at).toISOString().replace("T", " ").slice(0, 19)]));
      const rows = await perInterval({ interval: "hour", timezone, until, limit: `${limit}` });
      expect(rows.reduce((sum, [, commits]) => sum + Number(commits), 0)).toBe(quarters.length);
      expect(rows.map(([start]) => String(start).slice(11)).slice(rows.length - ends.length)).toEqual(ends);
    },
  );

  test.each([
    { timezone: "Mars/Olympus" },
    { timezone: "+01:00" },
    { interval: "month" },
    { until: "yesterday" },
    { limit: "0" },
  ])("%o is refused by name", async (given) => {
    await expect(ask(scratch.client, commitsPerInterval, given)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining(Object.keys(given)[0] as string),
    });
  });
});

test("first_time_committers tells each author's first commit, the latest newcomer first", async () => {
  await commit([
    ["ann", "2026-01-01 00:00:00"],
    ["ann", "2025-12-01 00:00:00.250"],
    ["bob", "2026-01-02 00:00:00"],
    ["cid", "2025-11-01 00:00:00"],
  ]);
  const { data } = await ask(scratch.client, firstTimeCommitters, { repo, limit: "2" });
  expect(data.map((row) => firstTimeCommitters.row.strict().parse(row))).toEqual([
    {
      author: "bob",
      first_commit_at: "2026-01-02 00:00:00.000",
      repo,
      commit_id: "id 2",
      commit_message: "message 2",
    },
    {
      author: "ann",
      first_commit_at: "2025-12-01 00:00:00.250",
      repo,
      commit_id: "id 1",
      commit_message: "message 1",
    },
  ]);
});

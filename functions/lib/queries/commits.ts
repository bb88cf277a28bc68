import * as z from "zod";
import { defineQuery, inRange, limit, matches, moment, momentFrom, momentUntil, timeZone } from "../query.ts";

const repo = z.string().default("").describe("only this repository's, owner/name");
const author = z.string().default("").describe("only this author's");

/** Commits of the repository and the range that were asked for. */
export const chosen = `${matches("repo")}
      AND ${inRange("committed_at")}`;

/** What is told of the commits of somebody or something. */
export const commitCounts = {
  commits: z.number(),
  /** Lines; null when no source told them. */
  additions: z.number().nullable(),
  deletions: z.number().nullable(),
  first_commit_at: z.string(),
  last_commit_at: z.string(),
};

/** The same, of the example. */
export const commitsOfAnn = {
  commits: 2,
  additions: 40,
  deletions: 40,
  first_commit_at: "2026-01-01 09:00:00.000",
  last_commit_at: "2026-01-03 11:00:00.000",
};

export const commitsByAuthor = defineQuery({
  name: "commits_by_author",
  description: "Who commits most: commits and lines by author.",
  params: z.object({ repo, since: momentFrom, until: momentUntil, limit }),
  row: z.object({
    author: z.string(),
    ...commitCounts,
  }),
  example: {
    params: { repo: "acme/teapot" },
    rows: [
      { author: "ann", ...commitsOfAnn },
      {
        author: "bob",
        commits: 1,
        additions: 2,
        deletions: 2,
        first_commit_at: "2026-01-02 10:30:00.000",
        last_commit_at: "2026-01-02 10:30:00.000",
      },
    ],
  },
  sql: `
    SELECT author, count() AS commits, sum(additions) AS additions, sum(deletions) AS deletions,
      min(committed_at) AS first_commit_at, max(committed_at) AS last_commit_at
    FROM github.commits
    WHERE ${chosen}
    GROUP BY author
    ORDER BY commits DESC, author
    LIMIT {limit: UInt32}`,
});

export const commitsByRepository = defineQuery({
  name: "commits_by_repository",
  description: "Where most is committed: commits, lines and authors by repository.",
  params: z.object({ repo, since: momentFrom, until: momentUntil, limit }),
  row: z.object({
    /** `owner/name`; empty for commits of producers that did not say. */
    repo: z.string(),
    commits: z.number(),
    authors: z.number(),
    additions: z.number().nullable(),
    deletions: z.number().nullable(),
    first_commit_at: z.string(),
    last_commit_at: z.string(),
  }),
  example: {
    params: { limit: 1 },
    rows: [
      {
        repo: "acme/teapot",
        commits: 3,
        authors: 2,
        additions: 42,
        deletions: 42,
        first_commit_at: "2026-01-01 09:00:00.000",
        last_commit_at: "2026-01-03 11:00:00.000",
      },
    ],
  },
  sql: `
    SELECT repo, count() AS commits, uniqExact(author) AS authors, sum(additions) AS additions, sum(deletions) AS deletions,
      min(committed_at) AS first_commit_at, max(committed_at) AS last_commit_at
    FROM github.commits
    WHERE ${chosen}
    GROUP BY repo
    ORDER BY commits DESC, repo
    LIMIT {limit: UInt32}`,
});

/**
 * Intervals are counted back from `until` by the clock of the time zone, so a day may have 23 or 25 hours. They come as rows
 * without commits beside the commits themselves: an interval that the clock skips or repeats costs no commit.
 */
export const commitsPerInterval = defineQuery({
  name: "commits_per_interval",
  description: "Commits and their authors per hour, day or week, those without any too; the oldest first.",
  params: z.object({
    interval: z.enum(["hour", "day", "week"]).default("day").describe("weeks begin on Monday"),
    timezone: timeZone,
    until: moment.describe("the last interval is the one of this moment; default: now"),
    limit: limit.describe("how many intervals, 1 to 10000"),
    repo,
    author,
  }),
  row: z.object({
    /** By the clock of the time zone. */
    interval_start: z.string(),
    /** Its Unix time: hours of a night when clocks are set back have the same text. */
    unix_time: z.number(),
    commits: z.number(),
    authors: z.number(),
  }),
  example: {
    params: { until: "2026-01-02T23:59:59Z", limit: 2 },
    rows: [
      { interval_start: "2026-01-01 00:00:00", unix_time: 1_767_225_600, commits: 1, authors: 1 },
      { interval_start: "2026-01-02 00:00:00", unix_time: 1_767_312_000, commits: 1, authors: 1 },
    ],
  },
  sql: `
    WITH
      fromUnixTimestamp64Milli({until: Int64}, {timezone: String}) AS last,
      toDate(last, {timezone: String}) AS last_day,
      arrayMap(n -> multiIf(
        {interval: String} = 'hour', toStartOfHour(toDateTime(last, {timezone: String}) - n * 3600, {timezone: String}),
        {interval: String} = 'day', toDateTime(last_day - n, {timezone: String}),
        toDateTime(toMonday(last_day) - 7 * n, {timezone: String})
      ), range({limit: UInt32})) AS starts
    SELECT start AS interval_start, toUnixTimestamp(start) AS unix_time,
      countIf(is_commit) AS commits, uniqExactIf(author, is_commit) AS authors
    FROM (
      SELECT arrayJoin(starts) AS start, '' AS author, false AS is_commit
      UNION ALL
      SELECT toDateTime(dateTrunc({interval: String}, committed_at, {timezone: String}), {timezone: String}), author, true
      FROM github.commits
      WHERE committed_at >= arrayMin(starts) AND committed_at <= last
        AND ${matches("repo")}
        AND ${matches("author")}
    )
    GROUP BY start
    ORDER BY start`,
});

export const firstTimeCommitters = defineQuery({
  name: "first_time_committers",
  description: "Authors with their first commit, the latest newcomer first.",
  params: z.object({ repo, limit }),
  row: z.object({
    author: z.string(),
    first_commit_at: z.string(),
    repo: z.string(),
    commit_id: z.string(),
    commit_message: z.string(),
  }),
  example: {
    params: { limit: 1 },
    rows: [
      {
        author: "bob",
        first_commit_at: "2026-01-02 10:30:00.000",
        repo: "acme/teapot",
        commit_id: "9daeafb9",
        commit_message: "Pour it",
      },
    ],
  },
  sql: `
    SELECT author, toDateTime64(first.1, 3, 'UTC') AS first_commit_at, first.3 AS repo, first.2 AS commit_id, first.4 AS commit_message
    FROM (
      SELECT author, min((committed_at, commit_id, commits.repo, commit_message)) AS first
      FROM github.commits AS commits
      WHERE {repo: String} = '' OR commits.repo = {repo: String}
      GROUP BY author
    )
    ORDER BY first_commit_at DESC, author
    LIMIT {limit: UInt32}`,
});

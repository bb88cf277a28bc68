import * as z from "zod";
import {
  defineQuery,
  distinct,
  firstOf,
  limit,
  moment,
  momentFrom,
  momentUntil,
  timeZone,
} from "../query.ts";
import { commitsBy, perInterval } from "./commits-sql.ts";

const repo = z.string().default("").describe("only this repository's, owner/name");
const author = z.string().default("").describe("only this author's");

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
  sql: ({ repo }) => `
    SELECT author, commits, additions, deletions, first_at AS first_commit_at, last_at AS last_commit_at
    FROM (${commitsBy("author", repo)})
    ORDER BY commits DESC, author
    LIMIT {limit: UInt32}`,
});

export const commitsByRepository = defineQuery({
  name: "commits_by_repository",
  description: "Where most is committed: commits, lines and authors by repository.",
  params: z.object({ repo, since: momentFrom, until: momentUntil, distinct, limit }),
  row: z.object({
    /** `owner/name`; empty for commits of producers that did not say. */
    repo: z.string(),
    commits: z.number(),
    /** Null with `distinct=none`. */
    authors: z.number().nullable(),
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
  sql: ({ repo, distinct }) => `
    SELECT repo, commits, authors, additions, deletions, first_at AS first_commit_at, last_at AS last_commit_at
    FROM (${commitsBy("repo", repo, distinct !== "none")})
    ORDER BY commits DESC, repo
    LIMIT {limit: UInt32}`,
});

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
    distinct,
  }),
  row: z.object({
    /** By the clock of the time zone. */
    interval_start: z.string(),
    /** Its Unix time: hours of a night when clocks are set back have the same text. */
    unix_time: z.number(),
    commits: z.number(),
    /** Null with `distinct=none`. */
    authors: z.number().nullable(),
  }),
  example: {
    params: { until: "2026-01-02T23:59:59Z", limit: 2 },
    rows: [
      { interval_start: "2026-01-01 00:00:00", unix_time: 1_767_225_600, commits: 1, authors: 1 },
      { interval_start: "2026-01-02 00:00:00", unix_time: 1_767_312_000, commits: 1, authors: 1 },
    ],
  },
  sql: perInterval,
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
  sql: ({ repo }) => `
    WITH newcomers AS (
      SELECT author, ${firstOf("committed_at")} AS first_at
      FROM github.commits AS commits
      WHERE ${repo ? "commits.repo = {repo: String}" : "true"}
      GROUP BY author
      ORDER BY first_at DESC, author
      LIMIT {limit: UInt32}
    )
    SELECT author, committed_at AS first_commit_at, first.2 AS repo, first.1 AS commit_id, first.3 AS commit_message
    FROM (
      SELECT author, committed_at, min((commit_id, commits.repo, commit_message)) AS first
      FROM github.commits AS commits
      WHERE (author, committed_at) IN newcomers
        AND ${repo ? "commits.repo = {repo: String}" : "(commits.repo, committed_at) IN (SELECT repo, committed_at FROM github.commits WHERE (author, committed_at) IN newcomers)"}
      GROUP BY author, committed_at
    )
    ORDER BY first_commit_at DESC, author`,
});

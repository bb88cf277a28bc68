import * as z from "zod";
import { defineJsonContract, identifier, text } from "./contract.ts";
import { dayTime, timestamp } from "./timestamp.ts";

/** As many as a column takes. */
export const lines = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);

/**
 * A commit, as published to the topic `commits_topic`. Older producers send four fields: `commit_id`, `author`,
 * `commit_message` and `commit_date`; what they leave out stays out, what is sent must be right.
 */
export const commit = defineJsonContract(
  "commit",
  z.object({
    commit_id: identifier,
    /** `owner/name`. */
    repo: identifier.optional(),
    branch: text.max(1024).optional(),
    author: text.min(1),
    commit_message: text,
    /** A date, a date with time, or ISO 8601; decoded to microseconds. */
    commit_date: dayTime,
    authored_at: timestamp.optional(),
    /** When it entered the branch's history; without it, `commit_date` says so. */
    committed_at: timestamp.optional(),
    /** Lines. Not every source of commits tells them. */
    additions: lines.optional(),
    deletions: lines.optional(),
  }),
);

export type Commit = z.output<typeof commit.schema>;

/** As a producer has it, before `encode`. */
export type CommitInput = z.input<typeof commit.schema>;

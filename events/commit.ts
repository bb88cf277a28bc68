import * as z from "zod";
import { defineJsonContract, identifier, text } from "./contract.ts";
import { timestamp } from "./timestamp.ts";

/** ClickHouse's `Date` counts its days from 1970 in 16 bits. */
const firstDay = Date.UTC(1970, 0, 1) * 1000;
const lastDay = Date.UTC(2149, 5, 6) * 1000;

/** A date, a date with time, or ISO 8601; decoded to microseconds. */
const day = timestamp.refine((micros) => micros >= firstDay && micros < lastDay, {
  error: "lies outside the years 1970 to 2149, which a Date can hold",
  params: { reason: "unsupported_value" },
});

const lines = z
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
    commit_date: day,
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

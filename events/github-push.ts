import * as z from "zod";
import { defineJsonContract, identifier } from "./contract.ts";

const author = z.object({ name: z.string().optional(), username: z.string().optional() });

/**
 * What GitHub tells of a push, as far as it is read here: https://docs.github.com/en/webhooks/webhook-events-and-payloads#push.
 * `before` or `after` is all zeros when the push creates or deletes the ref.
 */
export const githubPush = z.object({
  ref: z.string(),
  before: z.string(),
  after: z.string(),
  deleted: z.boolean().default(false),
  repository: z.object({ full_name: z.string(), default_branch: z.string().optional() }),
  /** Oldest first; not all of a large push. */
  commits: z
    .array(z.object({ id: z.string(), message: z.string(), timestamp: z.string(), author }))
    .default([]),
});

export type GitHubPush = z.output<typeof githubPush>;

/** Nothing: the id that stands for a ref that is not there. */
export const noCommit = /^0+$/;

/** A push whose commits are not all known yet, on the topic `incomplete_pushes`. */
export const incompletePush = defineJsonContract(
  "incomplete_push",
  z.object({
    /** `owner/name`. */
    repo: identifier,
    branch: identifier,
    /** Its commits are those of `after` that `before` has not; all zeros: that the default branch has not. */
    before: z.string().regex(/^[\da-f]{40,64}$/, "is no id of a commit"),
    after: z.string().regex(/^[\da-f]{40,64}$/, "is no id of a commit"),
  }),
);

export type IncompletePush = z.output<typeof incompletePush.schema>;

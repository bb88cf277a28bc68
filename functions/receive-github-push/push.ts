import type { CommitInput } from "../../events/commit.ts";
import { type GitHubPush, noCommit } from "../../events/github-push.ts";
import { authorOf, messageOf, utcDay } from "../lib/github/commits.ts";

/** `undefined` for a tag, and for a branch that the push deletes. */
export const branchOf = ({ ref, after, deleted }: GitHubPush): string | undefined =>
  deleted || noCommit.test(after) ? undefined : /^refs\/heads\/(.+)$/s.exec(ref)?.[1];

/** A push has one moment for each commit, with the committer's offset. */
const commitsOf = ({ repository, commits }: GitHubPush, branch: string): CommitInput[] =>
  commits.map(({ id, message, timestamp, author }) => ({
    commit_id: id,
    repo: repository.full_name,
    branch,
    author: authorOf(author.username, author.name),
    commit_message: messageOf(message),
    commit_date: utcDay(timestamp),
    authored_at: timestamp,
    committed_at: timestamp,
  }));

/**
 * A push lists 2048 commits at the most, on older GitHub Enterprise Servers 20: from there on only a comparison tells whether
 * they are all. https://docs.github.com/en/webhooks/webhook-events-and-payloads#push
 */
const isPerhapsIncomplete = ({ commits }: GitHubPush): boolean => commits.length >= 20;

/** What goes on at once, and whether the rest is asked of GitHub. With lines that is all: a commit that came without them stays so. */
export const divide = (push: GitHubPush, branch: string, lines: boolean) =>
  lines
    ? { commits: [], incomplete: push.commits.length > 0 }
    : { commits: commitsOf(push, branch), incomplete: isPerhapsIncomplete(push) };

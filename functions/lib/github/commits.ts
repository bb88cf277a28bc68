import * as z from "zod";
import type { CommitInput } from "../../../events/commit.ts";
import type { GitHub, Reply } from "./api.ts";
import { GitHubError, isEmptyRepository } from "./errors.ts";

const person = z.object({ name: z.string().optional(), date: z.string().optional() }).nullish();

/**
 * A commit as lists and comparisons have it: https://docs.github.com/en/rest/commits/commits#list-commits. `author` is the account; none,
 * or an empty object, when GitHub knows none for the address.
 */
const listed = z.object({
  sha: z.string(),
  commit: z.object({ message: z.string(), author: person, committer: person }),
  author: z.object({ login: z.string().optional() }).nullish(),
});

export type ListedCommit = z.output<typeof listed>;

/** Beside what lists have of it, how many lines it adds and deletes. */
export type CountedCommit = ListedCommit & { lines?: { additions: number; deletions: number } | undefined };

const page = z.array(listed);
const comparison = z.object({ commits: page, total_commits: z.number().optional() });
const repository = z.object({ full_name: z.string(), default_branch: z.string() });

export interface Repository {
  /** `owner/name`, in the spelling and under the name it has now. */
  repo: string;
  branch: string;
}

/** A message has no upper bound in git, a Kafka record has. */
const longest = 200_000;

/** The same commit from GitHub's lists, comparisons and pushes comes to the same row. */
export function toCommit(
  { repo, branch }: Repository,
  { sha, commit, author, lines }: CountedCommit,
): CommitInput {
  const authored = commit.author?.date;
  const committed = commit.committer?.date ?? authored ?? "1970-01-01T00:00:00Z";
  return {
    commit_id: sha,
    repo,
    branch,
    author: authorOf(author?.login, commit.author?.name),
    commit_message: messageOf(commit.message),
    commit_date: utcDay(committed),
    authored_at: authored ?? committed,
    committed_at: committed,
    ...lines,
  };
}

/** The account, which stays when a person changes their git configuration; without one the name in the commit. */
export const authorOf = (login: string | undefined, name: string | undefined) => login || name || "unknown";

export const messageOf = (message: string) =>
  message.length > longest ? `${message.slice(0, longest).toWellFormed()}…` : message;

/** What is no moment stays as it came: the contract tells why it is refused. */
export function utcDay(moment: string): string {
  const at = new Date(moment);
  return Number.isNaN(at.getTime()) ? moment : at.toISOString().slice(0, 10);
}

export async function describeRepository(
  github: GitHub,
  repo: string,
  etag?: string,
): Promise<(Repository & { etag?: string | undefined }) | "unchanged"> {
  const reply = await github(`/repos/${repo}`, { etag });
  if (reply.unchanged) return "unchanged";
  const { full_name, default_branch } = parse(repository, reply, `/repos/${repo}`);
  return { repo: full_name, branch: default_branch, etag: reply.etag };
}

/** The id of a branch's last commit; asking whether it still is `known` costs nothing of the rate limit. `undefined`: no commits yet. */
export async function headOf(
  github: GitHub,
  { repo, branch }: Repository,
  known?: string,
): Promise<string | undefined> {
  try {
    const reply = await github(`/repos/${repo}/commits/{ref}`, {
      params: { ref: branch },
      accept: "application/vnd.github.sha",
      etag: known && `"${known}"`,
    });
    if (reply.unchanged) return known;
    const text =
      typeof reply.data === "string" ? reply.data : Buffer.from(reply.data as ArrayBuffer).toString();
    if (/^[\da-f]{40,64}$/.test(text.trim())) return text.trim();
    throw unlike(`/repos/${repo}/commits/${branch}`);
  } catch (error) {
    if (isEmptyRepository(error)) return undefined;
    throw error;
  }
}

export interface CommitPage {
  commits: ListedCommit[];
  /** The path of the next page; none after the last. */
  next: string | undefined;
}

/** The first page of what `head` has and `base` has not; of all of it without a base. `readPage` reads those that follow. */
export function historyPath(repo: string, head: string, base?: string, since?: Date): string {
  const from = since ? `&since=${since.toISOString()}` : "";
  const ref = encodeURIComponent(head);
  return base === undefined
    ? `/repos/${repo}/commits?sha=${ref}&per_page=100${from}`
    : `/repos/${repo}/compare/${encodeURIComponent(base)}...${ref}?per_page=100`;
}

/** Of a list or a comparison; an empty repository has no commits. */
export async function readPage(github: GitHub, path: string): Promise<CommitPage> {
  const reply = await github(path).catch((error: unknown): Reply => {
    if (isEmptyRepository(error)) return { unchanged: false, data: [] };
    throw error;
  });
  if (reply.unchanged) throw unlike(path);
  const commits = Array.isArray(reply.data)
    ? parse(page, reply, path)
    : parse(comparison, reply, path).commits;
  return { commits, next: reply.next };
}

function parse<Data>(
  schema: z.ZodType<Data>,
  reply: Extract<Reply, { unchanged: false }>,
  path: string,
): Data {
  const parsed = schema.safeParse(reply.data);
  if (parsed.success) return parsed.data;
  throw unlike(path);
}

const unlike = (path: string) =>
  new GitHubError(`${path} answers in no form that GitHub documents: is GITHUB_API_URL right?`, 200);

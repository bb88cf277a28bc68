import {
  describeRepository,
  headOf,
  historyPath,
  type ListedCommit,
  type Repository,
  readPage,
} from "../lib/github/commits.ts";
import { produceCommits, type Sending } from "../lib/github/produce.ts";
import { type Stored, unstored } from "../lib/github/stored.ts";
import { log } from "../lib/log.ts";

export interface Effects extends Sending {
  stored: Stored;
  now: () => number;
  /** Milliseconds before the newest stored commit in which gaps are looked for whatever is found. */
  overlap: number;
}

/** What an environment remembers of a repository, to ask whether it has changed; losing it costs a few requests. */
export type Memory = Map<string, Repository & { etag?: string | undefined; head?: string }>;

/** More than this is a backfill: `sluice commits send --source github` does it, and goes on where it was stopped. */
const mostPages = 100;

/**
 * Sends the commits of a repository's default branch that `github.commits` has not. It reads back from the head: through the overlap,
 * and on as long as pages have anything new. Of a repository never seen before only the overlap is read.
 */
export async function pollRepository(effects: Effects, name: string, memory: Memory): Promise<void> {
  const { github, stored, now, overlap } = effects;
  const known = memory.get(name);
  const described = await describeRepository(github, name, known?.etag);
  const repository = described === "unchanged" && known ? known : (described as Repository);
  const before = known?.branch === repository.branch ? known.head : undefined;
  const head = await headOf(github, repository, before);
  if (head === undefined || head === before) return;
  const newest = await stored.newest(repository.repo, now());
  const horizon = (newest ?? now()) - overlap;
  const since = newest === undefined ? new Date(horizon) : undefined;
  const missing = await findMissing(
    effects,
    repository.repo,
    historyPath(repository.repo, head, undefined, since),
    horizon,
  );
  // The oldest first: what an interrupted run sent has no gap before it.
  missing.reverse();
  await produceCommits(effects, repository, missing);
  memory.set(name, { ...repository, head });
}

async function findMissing({ github, stored }: Effects, repo: string, start: string, horizon: number) {
  const missing: ListedCommit[] = [];
  let path: string | undefined = start;
  for (let pages = 0; path !== undefined; pages++) {
    if (pages === mostPages) {
      log(
        "warn",
        `poll-github: ${repo} lacks more; run \`npx sluice commits send --source github --repo ${repo}\``,
      );
      break;
    }
    const { commits, next } = await readPage(github, path);
    const fresh = await unstored(stored, repo, commits);
    missing.push(...fresh);
    const oldest = Date.parse(commits.at(-1)?.commit.committer?.date ?? "");
    if (fresh.length === 0 && !(oldest >= horizon)) break;
    path = next;
  }
  return missing;
}

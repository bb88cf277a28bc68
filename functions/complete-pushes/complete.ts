import { type IncompletePush, noCommit } from "../../events/github-push.ts";
import type { GitHub } from "../lib/github/api.ts";
import {
  type CommitPage,
  type CountedCommit,
  describeRepository,
  historyPath,
  type ListedCommit,
  readPage,
  toCommit,
} from "../lib/github/commits.ts";
import { isGone } from "../lib/github/errors.ts";
import { withLines } from "../lib/github/lines.ts";
import { produceCommits } from "../lib/github/produce.ts";
import type { Stored } from "../lib/github/stored.ts";
import type { Produce } from "../lib/kafka.ts";
import { log } from "../lib/log.ts";

export interface Effects {
  github: GitHub;
  produce: Produce;
  stored: Pick<Stored, "among">;
  /** Whether the commits are sent with their lines. */
  lines: boolean;
}

/** All commits of the push, page by page, to the topic `commits_topic`. */
export async function complete(effects: Effects, push: IncompletePush): Promise<void> {
  const { github, produce } = effects;
  let page = await firstPage(github, push);
  for (;;) {
    for await (const part of toSend(effects, push.repo, page.commits))
      await produceCommits(
        produce,
        part.map((one) => toCommit(push, one)),
      );
    if (page.next === undefined) return;
    page = await readPage(github, page.next);
  }
}

/** With lines, what ClickHouse has is left out: the push gets further each time, however many rate limits it takes. */
async function* toSend(
  { github, stored, lines }: Effects,
  repo: string,
  commits: ListedCommit[],
): AsyncGenerator<CountedCommit[], void> {
  if (!lines) {
    yield commits;
    return;
  }
  const had = await stored.among(
    repo,
    commits.map(({ sha }) => sha),
  );
  yield* withLines(
    github,
    repo,
    commits.filter(({ sha }) => !had.has(sha)),
  );
}

/** What `after` has and `before` has not. A branch just made is compared with the default one; with itself it is all history. */
async function firstPage(
  github: GitHub,
  { repo, branch, before, after }: IncompletePush,
): Promise<CommitPage> {
  const base = noCommit.test(before) ? await defaultBranch(github, repo, branch) : before;
  try {
    return await readPage(github, historyPath(repo, after, base));
  } catch (error) {
    if (!isGone(error)) throw error;
    // A forced push may leave nothing to compare with, and a later one may take the commits away.
    return readPage(github, historyPath(repo, after)).catch((again: unknown) => {
      if (!isGone(again)) throw again;
      log(
        "warn",
        `complete-pushes: ${again.message}; if the repository is private, GITHUB_TOKEN must see it`,
      );
      return { commits: [], next: undefined };
    });
  }
}

async function defaultBranch(github: GitHub, repo: string, branch: string): Promise<string | undefined> {
  const described = await describeRepository(github, repo);
  return described === "unchanged" || described.branch === branch ? undefined : described.branch;
}

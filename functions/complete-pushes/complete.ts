import { type IncompletePush, noCommit } from "../../events/github-push.ts";
import type { GitHub } from "../lib/github/api.ts";
import { type CommitPage, describeRepository, historyPath, readPage } from "../lib/github/commits.ts";
import { isGone } from "../lib/github/errors.ts";
import { produceCommits, type Sending } from "../lib/github/produce.ts";
import { type Stored, unstored } from "../lib/github/stored.ts";
import { log } from "../lib/log.ts";

export interface Effects extends Sending {
  stored: Pick<Stored, "among">;
}

/** All commits of the push, page by page, to the topic `commits_topic`. */
export async function complete(effects: Effects, push: IncompletePush): Promise<void> {
  const { github, stored, lines } = effects;
  let page = await firstPage(github, push);
  for (;;) {
    // With lines, what is stored is left out: the push gets further each time, however many rate limits it takes.
    const commits = lines ? await unstored(stored, push.repo, page.commits) : page.commits;
    await produceCommits(effects, push, commits);
    if (page.next === undefined) return;
    page = await readPage(github, page.next);
  }
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

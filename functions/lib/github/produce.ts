import { commit } from "../../../events/commit.ts";
import type { Produce } from "../kafka.ts";
import type { GitHub } from "./api.ts";
import { type ListedCommit, type Repository, toCommit } from "./commits.ts";
import { withLines } from "./lines.ts";

export interface Sending {
  github: GitHub;
  produce: Produce;
  /** Whether the commits are sent with their lines: then a few at a time, as GitHub tells them. */
  lines: boolean;
}

/** Commits → the topic `commits_topic`, in order. The key is the commit's id: copies of one meet in one partition. */
export async function produceCommits(
  { github, produce, lines }: Sending,
  repository: Repository,
  commits: ListedCommit[],
): Promise<void> {
  for await (const part of lines ? withLines(github, repository.repo, commits) : [commits]) {
    const rows = part.map((one) => toCommit(repository, one));
    await produce(
      "commits_topic",
      rows.map((one) => ({ key: one.commit_id, value: commit.encode(one) })),
    );
  }
}

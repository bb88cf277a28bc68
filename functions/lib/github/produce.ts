import { type CommitInput, commit } from "../../../events/commit.ts";
import type { Produce } from "../kafka.ts";

/** Commits → the topic `commits_topic`. The key is the commit's id: copies of one meet in one partition. */
export const produceCommits = (produce: Produce, commits: CommitInput[]): Promise<void> =>
  produce(
    "commits_topic",
    commits.map((one) => ({ key: one.commit_id, value: commit.encode(one) })),
  );

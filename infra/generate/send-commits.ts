import { type CommitInput, commit } from "../../events/commit.ts";
import { commitsTopic } from "./kafka.ts";
import { type SendRecords, type SentRecords, sendRecords } from "./send-records.ts";

export interface SendCommits
  extends Omit<SendRecords<CommitInput>, "topic" | "items" | "record" | "most" | "onSent"> {
  /** Default: `commits_topic`. */
  topic?: string;
  commits: Iterator<CommitInput, never>;
}

/** Sends until `count` or the abort. The key is the commit's id: copies of one meet in one partition. */
export const sendCommits = ({
  topic = commitsTopic,
  commits,
  ...options
}: SendCommits): Promise<SentRecords> =>
  sendRecords({
    ...options,
    topic,
    items: commits,
    record: (one) => ({ key: one.commit_id, value: commit.encode(one) }),
    most: 1500,
  });

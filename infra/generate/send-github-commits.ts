import { commit } from "../../events/commit.ts";
import { inRequests } from "../../functions/lib/kafka.ts";
import { type HistoryOptions, type HistoryPart, unsentHistory } from "./github-history.ts";
import { withGrace } from "./grace.ts";
import { commitsTopic, explainKafka, openProducer } from "./kafka.ts";
import { pace } from "./pace.ts";

export interface SendGitHubCommits extends HistoryOptions {
  brokers: string[];
  /** Default: `commits_topic`. */
  topic?: string;
  /** Commits per second. */
  rate: number;
  count: number;
  signal: AbortSignal;
  onProgress?: (sent: number) => void;
}

export interface SentGitHubCommits {
  repo: string;
  sent: number;
  /** False when `count` or an interruption came first; the next run goes on from there. */
  complete: boolean;
}

/** Sends what was not sent before until there is no more, `count`, or the abort. What counts as sent is on every in-sync replica. */
export async function sendGitHubCommits(options: SendGitHubCommits): Promise<SentGitHubCommits> {
  const { brokers, topic = commitsTopic, repo, rate, count, signal, onProgress } = options;
  const producer = await openProducer(brokers, topic);
  const result = { repo, sent: 0, complete: false };
  const send = async (part: HistoryPart["commits"]) => {
    const messages = part.map((one) => ({ key: one.commit_id, value: commit.encode(one) }));
    for (const request of inRequests(messages))
      await producer.send({ topic, messages: request, acks: -1 }).catch((error: unknown) => {
        throw explainKafka(error, brokers, topic);
      });
  };
  const work = async () => {
    const history = unsentHistory(options);
    const tempo = pace({ rate, count, most: 500, gap: 10, signal });
    let due = 0;
    for (let left = count; left > 0; ) {
      const { value: part, done } = await history.next();
      if (signal.aborted) return;
      if (done) {
        result.complete = true;
        return;
      }
      for (let taken = 0; taken < part.commits.length && left > 0; ) {
        if (due === 0) due = (await tempo.next()).value ?? 0;
        if (signal.aborted) return;
        const items = part.commits.slice(taken, taken + due);
        await send(items);
        taken += items.length;
        due -= items.length;
        left -= items.length;
        part.sent(taken);
        result.sent += items.length;
        onProgress?.(result.sent);
      }
    }
  };
  try {
    await withGrace(signal, work());
    return result;
  } finally {
    await producer.disconnect();
  }
}

import type { KafkaEvent } from "../../events/envelope/kafka.ts";
import { type IncompletePush, incompletePush, noCommit } from "../../events/github-push.ts";
import { clickhouseVariables, openClickHouse } from "../lib/clickhouse.ts";
import { type Consumer, consume } from "../lib/consume.ts";
import { readEnv } from "../lib/env.ts";
import { type GitHub, githubVariables, openGitHub } from "../lib/github/api.ts";
import {
  type CommitPage,
  describeRepository,
  historyPath,
  readPage,
  toCommit,
} from "../lib/github/commits.ts";
import { isGone } from "../lib/github/errors.ts";
import { produceCommits } from "../lib/github/produce.ts";
import { kafkaVariables, openProducer, type Produce } from "../lib/kafka.ts";
import { log } from "../lib/log.ts";
import { type KafkaPlace, readKafka } from "../lib/message.ts";
import { openStore, type Store } from "../lib/store.ts";

export const consumer: Consumer<KafkaEvent, IncompletePush, KafkaPlace> = {
  name: "complete-pushes",
  read: readKafka,
  contract: incompletePush,
};

/**
 * Large pushes from the topic `incomplete_pushes` → all their commits, asked of GitHub, on `commits_topic`. A rate limit or a GitHub
 * that is away brings the push back later; commits that were sent before count once.
 */
export const createHandler = (github: GitHub, produce: Produce, store: Store) =>
  consume(consumer, store, () => async (accepted) => {
    for (const { event } of accepted) await complete(github, produce, event);
    return { delivered: accepted.length, duplicates: 0, refused: [] };
  });

async function complete(github: GitHub, produce: Produce, push: IncompletePush): Promise<void> {
  let page = await firstPage(github, push);
  for (;;) {
    await produceCommits(
      produce,
      page.commits.map((one) => toCommit(push, one)),
    );
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

const env = readEnv({ ...kafkaVariables, ...clickhouseVariables, ...githubVariables });

export const handler = createHandler(openGitHub(env), openProducer(env), openStore(openClickHouse(env)));

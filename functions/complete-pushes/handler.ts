import type { KafkaEvent } from "../../events/envelope/kafka.ts";
import { type IncompletePush, incompletePush } from "../../events/github-push.ts";
import { clickhouseVariables, openClickHouse } from "../lib/clickhouse.ts";
import { type Consumer, consume } from "../lib/consume.ts";
import { readEnv } from "../lib/env.ts";
import { githubVariables, openGitHub } from "../lib/github/api.ts";
import { linesVariables } from "../lib/github/lines.ts";
import { openStored } from "../lib/github/stored.ts";
import { kafkaVariables, openProducer } from "../lib/kafka.ts";
import { type KafkaPlace, readKafka } from "../lib/message.ts";
import { openStore, type Store } from "../lib/store.ts";
import { complete, type Effects } from "./complete.ts";

export const consumer: Consumer<KafkaEvent, IncompletePush, KafkaPlace> = {
  name: "complete-pushes",
  read: readKafka,
  contract: incompletePush,
};

/**
 * Pushes from the topic `incomplete_pushes`, the large ones, with lines all → all their commits, asked of GitHub, on `commits_topic`.
 * A rate limit or a GitHub that is away brings the push back later; commits that were sent before count once.
 */
export const createHandler = (effects: Effects, store: Store) =>
  consume(consumer, store, () => async (accepted) => {
    for (const { event } of accepted) await complete(effects, event);
    return { delivered: accepted.length, duplicates: 0, refused: [] };
  });

const env = readEnv({ ...kafkaVariables, ...clickhouseVariables, ...githubVariables, ...linesVariables });

const client = openClickHouse(env);

export const handler = createHandler(
  {
    github: openGitHub(env),
    produce: openProducer(env),
    stored: openStored(client),
    lines: env.GITHUB_LINES,
  },
  openStore(client),
);

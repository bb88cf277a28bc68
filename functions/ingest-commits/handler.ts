import { type Commit, commit } from "../../events/commit.ts";
import type { KafkaEvent } from "../../events/envelope/kafka.ts";
import type { Lean } from "../../events/envelope/span.ts";
import { clickhouseVariables, openClickHouse } from "../lib/clickhouse.ts";
import { consumeIntoTable, type TableConsumer } from "../lib/consume.ts";
import { readEnv } from "../lib/env.ts";
import { type CommitPlace, commitId } from "../lib/identity.ts";
import { type KafkaPlace, readKafka } from "../lib/message.ts";
import { type Bytes, date, dateTime64, encodeColumns, nullable, string, uint32 } from "../lib/row-binary.ts";
import { openStore, type Store } from "../lib/store.ts";

interface StoredCommit {
  commit_id: Bytes;
  author: Bytes;
  commit_message: Bytes;
  /** Days since the epoch, UTC. */
  commit_date: number;
  repo: Bytes;
  branch: Bytes;
  /** Epoch milliseconds, as is `authored_at`. */
  committed_at: number;
  authored_at: number;
  additions: number | undefined;
  deletions: number | undefined;
}

export const consumer: TableConsumer<KafkaEvent, Lean<Commit>, KafkaPlace, StoredCommit, CommitPlace> = {
  name: "ingest-commits",
  read: readKafka,
  contract: commit.lean,
  lane: "commits_topic", // Producers choose their own keys: copies of a commit can come by any two partitions at once.
  place: ({ event, message }) => ({
    ...message.place,
    repo: String(event.repo ?? ""),
    commitId: String(event.commit_id),
  }),
  table: {
    name: "github.commits",
    columns: encodeColumns<StoredCommit>({
      commit_id: string,
      author: string,
      commit_message: string,
      commit_date: date,
      repo: string,
      branch: string,
      committed_at: dateTime64,
      authored_at: dateTime64,
      additions: nullable(uint32),
      deletions: nullable(uint32),
    }),
    identity: commitId,
  },
  row({ event }) {
    const committed = event.committed_at ?? event.commit_date;
    return {
      commit_id: event.commit_id,
      author: event.author,
      commit_message: event.commit_message,
      commit_date: Math.floor(event.commit_date / microsOfDay),
      repo: event.repo ?? "",
      branch: event.branch ?? "",
      committed_at: Math.floor(committed / 1000),
      authored_at: Math.floor((event.authored_at ?? committed) / 1000),
      additions: event.additions,
      deletions: event.deletions,
    };
  },
};

const microsOfDay = 86_400_000_000;

/** Commits from the topic `commits_topic` → `github.commits`. */
export const createHandler = (store: Store) => consumeIntoTable(consumer, store);

export const handler = createHandler(openStore(openClickHouse(readEnv(clickhouseVariables))));

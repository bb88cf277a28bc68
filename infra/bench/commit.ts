import * as z from "zod";
import { defineJsonContract, text } from "../../events/contract.ts";
import { encodeKafkaEvent, type KafkaEvent, type KafkaRecord } from "../../events/envelope/kafka.ts";
import type { Lean } from "../../events/envelope/span.ts";
import { timestamp } from "../../events/timestamp.ts";
import type { TableConsumer } from "../../functions/lib/consume.ts";
import { readPosition } from "../../functions/lib/identity.ts";
import { type KafkaPlace, readKafka } from "../../functions/lib/message.ts";
import { dateTime64, encodeColumns, string, uint32 } from "../../functions/lib/row-binary.ts";

/** What the benchmarks send: the shape and size (about 330 bytes) of a commit, ten columns wide. */
export const commit = defineJsonContract(
  "bench_commit",
  z.object({
    commit_id: text.min(1),
    author: text.min(1),
    commit_message: text,
    repo: text.min(1),
    branch: text,
    authored_at: timestamp,
    committed_at: timestamp,
    additions: z.int().min(0).max(4_294_967_295),
    deletions: z.int().min(0).max(4_294_967_295),
  }),
);

export type Commit = z.output<typeof commit.schema>;

export const consumer: TableConsumer<KafkaEvent, Lean<Commit>, KafkaPlace, Lean<Commit>> = {
  name: "bench-commits",
  read: readKafka,
  contract: commit.lean,
  table: {
    name: "bench_commits",
    columns: encodeColumns<Lean<Commit>>({
      commit_id: string,
      author: string,
      commit_message: string,
      repo: string,
      branch: string,
      authored_at: dateTime64,
      committed_at: dateTime64,
      additions: uint32,
      deletions: uint32,
    }),
    identity: readPosition,
  },
  row: ({ event }) => event,
};

const columns = `
  commit_id String, author LowCardinality(String), commit_message String, repo LowCardinality(String),
  branch LowCardinality(String), authored_at DateTime64(6, 'UTC'), committed_at DateTime64(6, 'UTC'),
  additions UInt32, deletions UInt32`;

/** The columns as a source with JSON has them: for peers that parse it themselves. */
export const plainColumns = columns;

const identityColumns = `
  in_topic String EPHEMERAL, in_partition UInt32 EPHEMERAL, in_offset UInt64 EPHEMERAL,
  in_batch UInt128 EPHEMERAL, in_batch_rows UInt32 EPHEMERAL,
  _topic LowCardinality(String) MATERIALIZED in_topic, _partition UInt32 MATERIALIZED in_partition,
  _offset UInt64 MATERIALIZED in_offset, _batch UInt128 MATERIALIZED in_batch,
  _batch_rows UInt32 MATERIALIZED in_batch_rows, _inserted_at DateTime64(3, 'UTC') MATERIALIZED now64(3)`;

const index = `
  INDEX by_batch _batch TYPE minmax GRANULARITY 1,
  PROJECTION by_identity
  (SELECT _topic, _partition, _offset, _batch, _batch_rows ORDER BY _topic, _partition, _offset)`;

const order = "ENGINE = MergeTree ORDER BY (repo, committed_at)";

/** As a migration of ours makes a table; without `indexed` the same columns and no way to look rows up by identity. */
export const createTable = (name: string, indexed = true): string =>
  `CREATE TABLE ${name} (${columns}, ${identityColumns}${indexed ? `, ${index}` : ""}) ${order} SETTINGS non_replicated_deduplication_window = 10000`;

/** As somebody without any of it makes it. */
export const createPlainTable = (name: string): string => `CREATE TABLE ${name} (${columns}) ${order}`;

/** A materialized view that counts, on top of either. */
export const createView = (name: string, table: string): string[] => [
  `CREATE TABLE ${name} (repo LowCardinality(String), commits SimpleAggregateFunction(sum, UInt64), additions SimpleAggregateFunction(sum, UInt64))
   ENGINE = AggregatingMergeTree ORDER BY repo SETTINGS non_replicated_deduplication_window = 10000`,
  `CREATE MATERIALIZED VIEW ${name}_mv TO ${name} AS SELECT repo, count() AS commits, sum(additions) AS additions FROM ${table} GROUP BY repo`,
];

const repos = ["sluice/sluice", "clickhouse/clickhouse", "apache/kafka", "rabbitmq/rabbitmq-server"];
const words =
  "fix the reader when a partition moves while its batch is still being written to the table".split(" ");

/** The n-th commit, always the same. */
export function commitBody(n: number): Buffer {
  const id = (BigInt(n + 1) * 0x9e3779b97f4a7c15f39cc0605cedc834n) & ((1n << 160n) - 1n);
  const at = Date.UTC(2026, 0, 1) + n * 250;
  return Buffer.from(
    JSON.stringify({
      commit_id: id.toString(16).padStart(40, "0"),
      author: `developer-${n % 997}@example.org`,
      commit_message: Array.from({ length: 10 }, (_, i) => words[(n * 7 + i * 3) % words.length]).join(" "),
      repo: repos[n % repos.length],
      branch: n % 5 === 0 ? "main" : `feature/${n % 300}`,
      authored_at: new Date(at).toISOString(),
      committed_at: new Date(at + 61_007).toISOString(),
      additions: n % 1000,
      deletions: n % 333,
    }),
  );
}

/** A Lambda event of `rows` commits over 8 partitions, as the mapping makes it; `from` is the first offset everywhere. */
export function commitEvent(rows: number, from = 0): KafkaEvent {
  const records = Array.from(
    { length: rows },
    (_, n): KafkaRecord => ({
      topic: "bench",
      partition: n % 8,
      offset: from + Math.floor(n / 8),
      timestamp: Date.UTC(2026, 0, 1) + n,
      timestampType: "CREATE_TIME",
      key: null,
      value: commitBody(n),
      headers: [],
    }),
  );
  return encodeKafkaEvent({ bootstrapServers: "127.0.0.1:9092" }, records);
}

import type { ClickHouseClient } from "@clickhouse/client";

/** Where the bench's time ends: its rows and its questions are about the 90 days before. */
export const until = "2026-03-31T23:59:59Z";

const days = 90;
/** The moment of row `number`, in the order of their numbers. */
const at = (rows: number) =>
  `toDateTime64('2026-04-01', 3, 'UTC') - toIntervalMillisecond(toUInt64((${rows} - number) * ${(days * 86_400_000) / rows}))`;

const inserts = (rows: number, first: number, count: number) => [
  `INSERT INTO user_messages (username, message, received_at, in_message_id)
   SELECT concat('user-', toString(cityHash64(number) % 5000)), concat('message ', toString(number)), ${at(rows)}, toString(number)
   FROM numbers(${first}, ${count})`,
  `INSERT INTO shadow (type, unique_id, emit_timestamp)
   SELECT multiIf(number % 15 = 0, 'ShaDow', number % 3 = 0, 'Sha', number % 5 = 0, 'Dow', 'Incompatible'), toString(number), ${at(rows)}
   FROM numbers(${first}, ${count})`,
  `INSERT INTO github.commits (commit_id, author, commit_message, commit_date, repo, committed_at, additions, deletions)
   SELECT hex(cityHash64(number)), concat('author-', toString(cityHash64(number, 1) % 2000)), 'message', toDate(at), concat('acme/', toString(number % 50)), at, 1, 1
   FROM (SELECT number, ${at(rows)} AS at FROM numbers(${first}, ${count}))`,
];

/** Fills the tables that the questions are about, each with so many rows, and merges nothing: they look as after an import. */
export async function insertRows(admin: ClickHouseClient, rows: number, progress: (line: string) => void) {
  for (let first = 0; first < rows; first += slice) {
    progress(`rows from ${first.toLocaleString("en")} of ${rows.toLocaleString("en")} in three tables`);
    for (const query of inserts(rows, first, Math.min(slice, rows - first)))
      await admin.command({ query, clickhouse_settings: { max_partitions_per_insert_block: "0" } });
  }
}

/** One INSERT has to end before the client loses patience, also on a busy machine. */
const slice = 1_000_000;

/** Five questions of the page. */
export const questions: readonly [name: string, params: Record<string, string>][] = [
  ["chat_messages", { limit: "100" }],
  ["chat_messages_per_minute", { until, limit: "60" }],
  ["shadow_types", {}],
  ["commits_by_author", { repo: "acme/7", limit: "10" }],
  ["commits_per_interval", { repo: "acme/7", interval: "day", until, limit: "30" }],
];

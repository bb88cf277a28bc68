import { setTimeout as sleep } from "node:timers/promises";
import type { ClickHouseClient } from "@clickhouse/client";

/** Where the bench's time ends, unless said: its rows and its questions are about the 90 days before. */
export const until = "2026-03-31T23:59:59Z";
export const usualEnd = "2026-04-01 00:00:00";

const days = 90;
/** The moment of row `number`, in the order of their numbers. */
export const at = (rows: number, end: string) =>
  `toDateTime64('${end}', 3, 'UTC') - toIntervalMillisecond(toUInt64((${rows} - number) * ${(days * 86_400_000) / rows}))`;

/** When a row came, had the last one come at this moment. */
export const came = (end: string) =>
  `now64(3) - toIntervalMillisecond(dateDiff('millisecond', at, toDateTime64('${end}', 3, 'UTC')))`;

const inserts = (rows: number, first: number, count: number, end: string) => {
  const numbers = `(SELECT number, ${at(rows, end)} AS at FROM numbers(${first}, ${count}))`;
  return [
    `INSERT INTO user_messages (username, message, received_at, in_message_id, _inserted_at)
     SELECT concat('user-', toString(cityHash64(number) % 5000)), concat('message ', toString(number)), at, toString(number), ${came(end)}
     FROM ${numbers}`,
    `INSERT INTO shadow (type, unique_id, emit_timestamp, _inserted_at)
     SELECT multiIf(number % 15 = 0, 'ShaDow', number % 3 = 0, 'Sha', number % 5 = 0, 'Dow', 'Incompatible'), toString(number), at, ${came(end)}
     FROM ${numbers}`,
    `INSERT INTO github.commits (commit_id, author, commit_message, commit_date, repo, committed_at, additions, deletions, _inserted_at)
     SELECT hex(cityHash64(number)), concat('author-', toString(cityHash64(number, 1) % 2000)), 'message', toDate(at), concat('acme/', toString(number % 50)), at, 1, 1, ${came(end)}
     FROM ${numbers}`,
  ];
};

/** The people behind the authors, as change data capture would copy them. */
const people = [
  `CREATE TABLE github.users (user_name String, position String, team String, age Nullable(Int32)) ENGINE = MergeTree ORDER BY user_name`,
  "CREATE TABLE github.user_aliases (alias String, user_name String) ENGINE = MergeTree ORDER BY alias",
  `INSERT INTO github.users
   SELECT concat('author-', toString(number)), ['engineer', 'designer'][1 + number % 2], concat('team ', toString(number % 12)), 20 + number % 45
   FROM numbers(2000)`,
];

/**
 * Fills the tables that the questions are about, each with so many rows that came over 90 days, and merges nothing.
 * @param end of the 90 days, in UTC: `2026-04-01 00:00:00`.
 */
export async function insertRows(
  admin: ClickHouseClient,
  rows: number,
  progress: (line: string) => void,
  end = usualEnd,
) {
  for (const query of people) await admin.command({ query });
  for (let first = 0; first < rows; first += slice) {
    progress(`rows from ${first.toLocaleString("en")} of ${rows.toLocaleString("en")} in three tables`);
    for (const query of inserts(rows, first, Math.min(slice, rows - first), end))
      await admin.command({ query, clickhouse_settings: settings });
  }
}

/** Waits until what was filled is merged, a minute at the most: nobody's page is asked while all there is has just come. */
export async function settle(admin: ClickHouseClient, progress: (line: string) => void): Promise<void> {
  progress("waiting for merges");
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(500)) {
    const merges = await admin.query({ query: "SELECT 1 FROM system.merges", format: "JSONEachRow" });
    if ((await merges.json()).length === 0) return;
  }
}

export const settings = {
  max_partitions_per_insert_block: "0",
  insert_allow_materialized_columns: 1,
} as const;

/** One INSERT has to end before the client loses patience, also on a busy machine. */
export const slice = 1_000_000;

/** Five questions of the page. */
export const questions: readonly [name: string, params: Record<string, string>][] = [
  ["chat_messages", { limit: "100" }],
  ["chat_messages_per_minute", { until, limit: "60" }],
  ["shadow_types", {}],
  ["commits_by_author", { repo: "acme/7", limit: "10" }],
  ["commits_per_interval", { repo: "acme/7", interval: "day", until, limit: "30" }],
];

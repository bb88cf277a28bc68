import type { ClickHouseClient } from "@clickhouse/client";

const person = "user_name String, position String, team String, age Nullable(Int32)";

/** What change data capture makes, where it runs. */
const captured = [
  `CREATE TABLE github.users (${person}) ENGINE = MergeTree ORDER BY user_name`,
  "CREATE TABLE github.user_aliases (alias String, user_name String) ENGINE = MergeTree ORDER BY alias",
  `CREATE TABLE github.users_history (${person}, _version UInt128, _deleted UInt8, changed_at DateTime64(3, 'UTC'))
    ENGINE = MergeTree ORDER BY (user_name, changed_at)`,
];

const message = (id: string, username: string, text: string, received_at: string) => ({
  username,
  message: text,
  received_at,
  in_message_id: id,
});

const commit = (
  commit_id: string,
  author: string,
  committed_at: string,
  additions: number | null,
  commit_message: string,
) => ({
  commit_id,
  author,
  commit_message,
  commit_date: committed_at.slice(0, 10),
  repo: "acme/teapot",
  committed_at,
  additions,
  deletions: additions,
});

const human = (type: string, emit_timestamp: string, unique_id: string) => ({
  type,
  unique_id,
  emit_timestamp,
});

/** Kept for 90 days only: of this hour. */
const rejected = (reason: string, source: string) => ({
  id: crypto.randomUUID(),
  at: new Date().toISOString().slice(0, -1),
  source,
  position: "",
  reason,
  detail: "",
  body: "",
  headers: [],
});

const event = (timestamp: string, event_type: string, user_id: string) => ({
  timestamp,
  event_type,
  organizer_id: "o-17",
  user_id,
  session_id: `session of ${user_id}`,
  event_id: "concert-1",
  source: "web",
});

const sale = (timestamp: string, user_id: string, quantity: number, price: string) => ({
  timestamp,
  event_id: "concert-1",
  organizer_id: "o-17",
  user_id,
  quantity,
  price,
  currency: "EUR",
});

/** The rows that the examples of the endpoints are about, nearly all of the first days of 2026. */
const rows: Record<string, object[]> = {
  user_messages: [
    message("019b7a2c-0000-7000-8000-000000000001", "ann", "Hello 👋", "2026-01-01 12:00:00.000"),
    message("019b7a2c-0000-7000-8000-000000000002", "bob", "Hi ann", "2026-01-01 12:00:01.500"),
    message("019b7a2c-0000-7000-8000-000000000003", "ann", "Tea?", "2026-01-01 12:02:00.250"),
  ],
  shadow: [
    human("Sha", "2026-01-01 12:00:00.000001", "a"),
    human("Sha", "2026-01-01 12:01:30", "b"),
    human("Incompatible", "2026-01-01 12:01:59.999999", "c"),
    human("Incompatible", "2026-01-01 12:01:00", "d"),
    human("Incompatible", "2026-01-01 12:01:01", "e"),
    human("ShaDow", "2026-01-01 12:01:02", "f"),
  ],
  "github.commits": [
    commit("4b825dc6", "ann", "2026-01-01 09:00:00.000", 40, "Boil water"),
    commit("9daeafb9", "bob", "2026-01-02 10:30:00.000", 2, "Pour it"),
    commit("a8f5f167", "ann", "2026-01-03 11:00:00.000", null, "Wait four minutes"),
  ],
  "github.users": [
    { user_name: "ann", position: "engineer", team: "core", age: 31 },
    { user_name: "bob", position: "designer", team: "web", age: null },
  ],
  "bilten_analytics.events": [
    event("2026-01-01 12:00:00.000", "page_view", "ann"),
    event("2026-01-01 12:00:10.000", "event_view", "ann"),
    event("2026-01-01 12:00:20.000", "ticket_view", "ann"),
    event("2026-01-01 12:01:00.000", "event_view", "bob"),
    event("2026-01-09 12:00:00.000", "event_view", "ann"),
  ],
  "bilten_analytics.ticket_sales": [
    sale("2026-01-01 12:00:30.000", "ann", 2, "25.00"),
    sale("2026-01-01 12:05:00.000", "bob", 1, "30.50"),
  ],
  "sluice.quarantine": [
    rejected("malformed_json", "kafka:dominate"),
    rejected("malformed_json", "rabbitmq:chat.clickhouse"),
    rejected("invalid_event", "kafka:dominate"),
  ],
};

/** Fills the tables of a server that has nothing but migrations. */
export async function insertExampleRows(client: ClickHouseClient): Promise<void> {
  for (const query of captured) await client.command({ query });
  for (const [table, values] of Object.entries(rows)) {
    const columns = Object.keys(values[0] ?? {}) as [string, ...string[]];
    await client.insert({ table, values, columns, format: "JSONEachRow" });
  }
}

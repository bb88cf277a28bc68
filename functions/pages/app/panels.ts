import type { Drawing } from "./draw/drawing.ts";
import type { View } from "./state.ts";

/** One question of the page and how its answer is shown. */
export interface Panel {
  id: string;
  title: string;
  endpoint: string;
  /** What is asked for besides span, zone and filters; an endpoint that does not take it is not sent it. */
  params?: Record<string, string>;
  /** Seconds from one asking to the next. */
  every?: number;
  /** Twelfths of the width. */
  size: 3 | 4 | 6 | 8 | 12;
  /** As high as three beside it. */
  tall?: true;
  /** What time its rows are of, where the endpoint takes none. */
  about?: string;
  draw: Drawing | { kind: "chat" };
  /** How to make it show something. */
  hint?: string;
}

const chatHint = "npx sluice chat send --bot";
const ratingsHint = "npx sluice ratings send --rate 20";
const commitsHint = "npx sluice commits send --count 500 --rate max";
const trafficHint = "npx sluice analytics send 10";

export const panels: Record<View, readonly Panel[]> = {
  overview: [
    {
      id: "chat-now",
      title: "Chat",
      endpoint: "chat_messages_per_minute",
      size: 3,
      draw: { kind: "figure", column: "messages", of: "last", unit: "messages per minute", spark: true },
      hint: chatHint,
    },
    {
      id: "ratings-now",
      title: "Ratings",
      endpoint: "shadow_types_over_time",
      size: 3,
      draw: { kind: "figure", column: "count", of: "sum", unit: "classified" },
      hint: ratingsHint,
    },
    {
      id: "lag-now",
      title: "Pipeline lag",
      endpoint: "pipeline_lag",
      size: 3,
      draw: { kind: "figure", column: "lag_seconds", of: "max", format: "seconds", alarm: 60 },
    },
    {
      id: "quarantine-now",
      title: "Quarantine",
      endpoint: "quarantine_by_reason",
      size: 3,
      draw: { kind: "figure", column: "messages", of: "sum", unit: "messages", alarm: 0 },
    },
    {
      id: "chat-series",
      title: "Chat messages",
      endpoint: "chat_messages_per_minute",
      size: 6,
      draw: { kind: "series", time: "unix_time", lines: [{ column: "messages" }] },
      hint: chatHint,
    },
    {
      id: "types-series",
      title: "Types of humans",
      endpoint: "shadow_types_over_time",
      size: 6,
      draw: { kind: "series", time: "unix_time", split: "type", lines: [{ column: "count" }] },
      hint: ratingsHint,
    },
    {
      id: "commits-days",
      title: "Commits",
      endpoint: "commits_per_interval",
      params: { interval: "day", limit: "30" },
      about: "last 30 days",
      size: 12,
      draw: { kind: "series", time: "unix_time", bars: true, lines: [{ column: "commits" }] },
      hint: commitsHint,
    },
  ],
  product: [
    {
      id: "events-series",
      title: "Events",
      endpoint: "events_daily",
      size: 12,
      draw: {
        kind: "series",
        time: "date",
        lines: [{ column: "events" }, { column: "unique_users", label: "Users" }],
      },
      hint: trafficHint,
    },
  ],
  commits: [
    {
      id: "commits-series",
      title: "Commits",
      endpoint: "commits_per_interval",
      size: 12,
      draw: { kind: "series", time: "unix_time", bars: true, lines: [{ column: "commits" }] },
      hint: commitsHint,
    },
    {
      id: "authors",
      title: "By author",
      endpoint: "commits_by_author",
      params: { limit: "10" },
      size: 4,
      draw: { kind: "bars", label: "author", value: "commits" },
      hint: commitsHint,
    },
    {
      id: "teams",
      title: "By team",
      endpoint: "commits_by_team",
      params: { limit: "10" },
      size: 4,
      draw: { kind: "bars", label: "team", value: "commits" },
      hint: commitsHint,
    },
    {
      id: "positions",
      title: "By position",
      endpoint: "commits_by_position",
      params: { limit: "10" },
      size: 4,
      draw: { kind: "bars", label: "position", value: "commits" },
      hint: commitsHint,
    },
    {
      id: "hours",
      title: "Hours of the week",
      endpoint: "commits_per_interval",
      params: { interval: "hour", limit: String(12 * 7 * 24) },
      about: "last 12 weeks",
      every: 15,
      size: 8,
      draw: { kind: "hours", time: "unix_time", value: "commits" },
      hint: commitsHint,
    },
    {
      id: "authors-series",
      title: "Authors",
      endpoint: "commits_per_interval",
      size: 4,
      draw: { kind: "series", time: "unix_time", lines: [{ column: "authors" }] },
      hint: commitsHint,
    },
    {
      id: "newcomers",
      title: "First commits",
      endpoint: "first_time_committers",
      params: { limit: "10" },
      size: 12,
      draw: {
        kind: "table",
        columns: [
          { column: "first_commit_at", label: "When (UTC)", format: "time" },
          { column: "author" },
          { column: "repo", label: "Repository" },
          { column: "commit_message", label: "Message" },
        ],
      },
      hint: commitsHint,
    },
  ],
  domination: [
    {
      id: "types-over-time",
      title: "Types over time",
      endpoint: "shadow_types_over_time",
      size: 8,
      draw: { kind: "series", time: "unix_time", split: "type", lines: [{ column: "count" }] },
      hint: ratingsHint,
    },
    {
      id: "types",
      title: "Types",
      endpoint: "shadow_types",
      size: 4,
      draw: { kind: "bars", label: "type", value: "count", top: 4 },
      hint: ratingsHint,
    },
  ],
  chat: [
    {
      id: "room",
      title: "Room",
      endpoint: "chat_messages",
      params: { limit: "100" },
      every: 0.5,
      size: 8,
      tall: true,
      about: "",
      draw: { kind: "chat" },
      hint: chatHint,
    },
    {
      id: "gap",
      title: "Average gap",
      endpoint: "chat_average_message_gap",
      size: 4,
      draw: { kind: "figure", column: "average_gap_ms", of: "first", format: "ms", unit: "between messages" },
      hint: chatHint,
    },
    {
      id: "active",
      title: "Who is active",
      endpoint: "chat_top_active_users",
      params: { limit: "10" },
      size: 4,
      draw: { kind: "bars", label: "username", value: "messages" },
      hint: chatHint,
    },
    {
      id: "chat-minutes",
      title: "Messages",
      endpoint: "chat_messages_per_minute",
      size: 4,
      draw: { kind: "series", time: "unix_time", lines: [{ column: "messages" }] },
      hint: chatHint,
    },
  ],
  health: [
    {
      id: "lag",
      title: "Pipelines",
      endpoint: "pipeline_lag",
      size: 6,
      draw: {
        kind: "table",
        columns: [{ column: "pipeline" }, { column: "lag_seconds", label: "Lag", format: "seconds" }],
      },
    },
    {
      id: "quarantine",
      title: "Quarantine by reason",
      endpoint: "quarantine_by_reason",
      size: 6,
      draw: { kind: "bars", label: "reason", value: "messages" },
    },
    {
      id: "slow",
      title: "Slow queries",
      endpoint: "slow_queries",
      every: 5,
      size: 12,
      draw: { kind: "table", columns: [] },
    },
    {
      id: "storage",
      title: "Storage by table",
      endpoint: "storage_by_table",
      every: 5,
      size: 12,
      draw: { kind: "table", columns: [] },
    },
  ],
};

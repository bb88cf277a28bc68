import type { Panel } from "../panels.ts";

export const health: readonly Panel[] = [
  {
    id: "lag",
    title: "Pipelines",
    endpoint: "pipeline_lag",
    size: 6,
    about: "last 5 minutes",
    draw: {
      kind: "table",
      columns: [
        { column: "pipeline" },
        { column: "rows", format: "count" },
        { column: "lag_seconds", label: "Lag (95 %)", format: "seconds" },
        { column: "last_row_at", label: "Last row (UTC)", format: "time" },
      ],
    },
  },
  {
    id: "quarantine",
    title: "Quarantine by reason",
    endpoint: "quarantine_by_reason",
    size: 6,
    draw: { kind: "bars", label: "reason", value: "messages" },
    empty: "No message had to be put aside.",
  },
  {
    id: "mappings",
    title: "Triggers",
    endpoint: "event_source_mappings",
    about: "now",
    size: 12,
    draw: {
      kind: "table",
      columns: [
        { column: "function" },
        { column: "from", label: "Topic or queue" },
        { column: "state" },
        { column: "lag", label: "Waiting", format: "count" },
        { column: "error" },
      ],
    },
    empty: "No function is triggered by a broker.",
  },
  {
    id: "slow",
    title: "Slow queries",
    endpoint: "slow_queries",
    params: { limit: "20" },
    every: 5,
    size: 12,
    draw: {
      kind: "table",
      columns: [
        { column: "query" },
        { column: "runs", format: "count" },
        { column: "failed", format: "count" },
        { column: "max_ms", label: "Longest", format: "ms" },
        { column: "avg_ms", label: "Average", format: "ms" },
        { column: "max_read_rows", label: "Rows read", format: "short" },
        { column: "max_memory_bytes", label: "Memory", format: "bytes" },
        { column: "last_at", label: "Last (UTC)", format: "time" },
      ],
    },
    empty: "No query took longer than a second.",
  },
  {
    id: "storage",
    title: "Storage by table",
    endpoint: "storage_by_table",
    params: { limit: "30" },
    about: "now",
    every: 5,
    size: 12,
    draw: {
      kind: "table",
      columns: [
        { column: "database" },
        { column: "table" },
        { column: "bytes_on_disk", label: "On disk", format: "bytes" },
        { column: "rows", format: "count" },
        { column: "parts", format: "count" },
        { column: "compression", label: "Times smaller" },
        { column: "modified_at", label: "Changed (UTC)", format: "time" },
      ],
    },
  },
];

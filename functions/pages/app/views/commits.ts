import type { Panel } from "../panels.ts";
import { commitsHint } from "./hints.ts";

/** Commits by something, the ten with most. */
const slice = (
  id: string,
  title: string,
  endpoint: string,
  label: string,
  params: Record<string, string> = {},
): Panel => ({
  id,
  title,
  endpoint,
  params: { limit: "10", ...params },
  every: 5,
  size: 4,
  draw: { kind: "bars", label, value: "commits" },
  hint: commitsHint,
});

export const commits: readonly Panel[] = [
  {
    id: "commits-series",
    title: "Commits",
    endpoint: "commits_per_interval",
    params: { distinct: "none" },
    size: 12,
    draw: { kind: "series", time: "unix_time", bars: true, lines: [{ column: "commits" }] },
    hint: commitsHint,
  },
  slice("authors", "By author", "commits_by_author", "author"),
  slice("teams", "By team", "commits_by_team", "team"),
  slice("positions", "By position", "commits_by_position", "position"),
  slice("ages", "By age", "commits_by_age_band", "age_band"),
  slice("repositories", "By repository", "commits_by_repository", "repo", { distinct: "none" }),
  {
    id: "authors-series",
    title: "Authors",
    endpoint: "commits_per_interval",
    every: 5,
    size: 4,
    draw: { kind: "series", time: "unix_time", lines: [{ column: "authors" }] },
    hint: commitsHint,
  },
  {
    id: "hours",
    title: "Hours of the week",
    endpoint: "commits_per_interval",
    params: { interval: "hour", limit: String(12 * 7 * 24), distinct: "none" },
    about: "last 12 weeks",
    every: 15,
    size: 12,
    draw: { kind: "hours", time: "unix_time", value: "commits" },
    hint: commitsHint,
  },
  {
    id: "people",
    title: "People",
    endpoint: "commits_by_person",
    params: { limit: "20" },
    every: 5,
    size: 12,
    draw: {
      kind: "table",
      columns: [
        { column: "user_name", label: "Name" },
        { column: "team" },
        { column: "position" },
        { column: "commits" },
        { column: "additions" },
        { column: "deletions" },
        { column: "last_commit_at", label: "Last commit (UTC)", format: "time" },
      ],
    },
    hint: commitsHint,
  },
  {
    id: "newcomers",
    title: "First commits",
    endpoint: "first_time_committers",
    params: { limit: "10" },
    every: 5,
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
];

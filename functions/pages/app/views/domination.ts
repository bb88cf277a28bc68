import type { Panel } from "../panels.ts";
import { ratingsHint } from "./hints.ts";

export const domination: readonly Panel[] = [
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
];

import type { Panel } from "../panels.ts";
import { chatHint } from "./hints.ts";

export const chat: readonly Panel[] = [
  {
    id: "room",
    title: "Room",
    endpoint: "chat_messages",
    params: { limit: "50" },
    every: 0.25,
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
    params: { distinct: "none" },
    size: 4,
    draw: { kind: "series", time: "unix_time", lines: [{ column: "messages" }] },
    hint: chatHint,
  },
];

import * as z from "zod";
import { cursor, defineQuery, distinct, firstOf, lastOf, limit, matches, uncounted } from "../query.ts";
import { countedByBucket, intervalStarts, seriesParams, seriesRow, startOf, within } from "../series.ts";

const username = z.string().default("").describe("only this user's");
const search = z.string().default("").describe("only messages with these words in them, in any case");

export const chatMessages = defineQuery({
  name: "chat_messages",
  description: "Every chat message, the newest first, in pages.",
  params: z.object({ username, search, limit, cursor }),
  row: z.object({ username: z.string(), message: z.string(), received_at: z.string(), id: z.string() }),
  pageBy: ["received_at", "id"],
  freshMs: 250,
  example: {
    params: { limit: 2 },
    rows: [
      {
        username: "ann",
        message: "Tea?",
        received_at: "2026-01-01 12:02:00.250",
        id: "019b7a2c-0000-7000-8000-000000000003",
      },
      {
        username: "bob",
        message: "Hi ann",
        received_at: "2026-01-01 12:00:01.500",
        id: "019b7a2c-0000-7000-8000-000000000002",
      },
    ],
  },
  sql: `
    SELECT username, message, received_at, if(_message_id = '', hex(sipHash64(username, message)), _message_id) AS id
    FROM user_messages
    WHERE ${matches("username")}
      AND ({search: String} = '' OR positionCaseInsensitiveUTF8(message, {search: String}) > 0)
      AND (empty({cursor: Array(String)})
        OR received_at <= parseDateTime64BestEffortOrZero({cursor: Array(String)}[1], 3, 'UTC')
          AND (received_at, id) < (parseDateTime64BestEffortOrZero({cursor: Array(String)}[1], 3, 'UTC'), {cursor: Array(String)}[2]))
    ORDER BY received_at DESC, id DESC
    LIMIT {limit: UInt32}`,
});

export const chatTopActiveUsers = defineQuery({
  name: "chat_top_active_users",
  description: "Who writes most: messages by user.",
  params: z.object({ limit }),
  row: z.object({ username: z.string(), messages: z.number(), last_message_at: z.string() }),
  example: {
    params: { limit: 2 },
    rows: [
      { username: "ann", messages: 2, last_message_at: "2026-01-01 12:02:00.250" },
      { username: "bob", messages: 1, last_message_at: "2026-01-01 12:00:01.500" },
    ],
  },
  sql: `
    SELECT username, count() AS messages, ${lastOf("received_at")} AS last_message_at
    FROM user_messages
    GROUP BY username
    ORDER BY messages DESC, username
    LIMIT {limit: UInt32}`,
});

/** The gaps telescope: their sum is the last moment less the first, so no sort is needed. */
export const chatAverageMessageGap = defineQuery({
  name: "chat_average_message_gap",
  description:
    "Milliseconds between a message and the one before it, on average; null with fewer than two messages.",
  params: z.object({ username }),
  row: z.object({ messages: z.number(), average_gap_ms: z.number().nullable() }),
  example: { params: {}, rows: [{ messages: 3, average_gap_ms: 60_125 }] },
  sql: `
    SELECT count() AS messages,
      if(messages < 2, NULL, dateDiff('millisecond', ${firstOf("received_at")}, ${lastOf("received_at")}) / (messages - 1)) AS average_gap_ms
    FROM user_messages
    WHERE ${matches("username")}`,
});

export const chatMessagesPerMinute = defineQuery({
  name: "chat_messages_per_minute",
  description:
    "Messages and who wrote them, per minute or a longer interval, those without any too; the oldest first.",
  params: z.object({ ...seriesParams("minute"), username, distinct }),
  row: z.object({
    ...seriesRow,
    messages: z.number(),
    /** Null with `distinct=none`. */
    users: z.number().nullable(),
  }),
  example: {
    params: { until: "2026-01-01T12:02:30Z", limit: 3 },
    rows: [
      { interval_start: "2026-01-01 12:00:00", unix_time: 1_767_268_800, messages: 2, users: 2 },
      { interval_start: "2026-01-01 12:01:00", unix_time: 1_767_268_860, messages: 0, users: 0 },
      { interval_start: "2026-01-01 12:02:00", unix_time: 1_767_268_920, messages: 1, users: 1 },
    ],
  },
  sql: ({ interval, username, distinct }) =>
    distinct === "none" && !username ? messagesAlone(interval) : messagesAndUsers(interval, distinct),
});

const messagesAndUsers = (interval: unknown, distinct: unknown) => `
    WITH ${intervalStarts(interval)}
    SELECT start AS interval_start, toUnixTimestamp(start) AS unix_time, countIf(is_message) AS messages,
      ${distinct === "none" ? uncounted : "uniqExactIf(username, is_message)"} AS users
    FROM (
      SELECT arrayJoin(starts) AS start, '' AS username, false AS is_message
      UNION ALL
      SELECT ${startOf(interval, "received_at")}, username, true
      FROM user_messages
      WHERE ${within("received_at")} AND ${matches("username")}
    )
    GROUP BY start
    ORDER BY start`;

const messagesAlone = (interval: unknown) => `
    WITH ${intervalStarts(interval)}
    SELECT start AS interval_start, toUnixTimestamp(start) AS unix_time, sum(n) AS messages,
      ${uncounted} AS users
    FROM (
      SELECT arrayJoin(starts) AS start, 0 AS n
      UNION ALL
      ${countedByBucket(interval, { table: "user_messages", moment: "received_at", minutes: 1 })}
    )
    GROUP BY start
    ORDER BY start`;

import { beforeEach, describe, expect, test } from "vitest";
import { ask } from "./ask.ts";
import { chatMessagesPerMinute } from "./queries/chat.ts";
import { pipelineLag, quarantineByReason } from "./queries/pipelines.ts";
import { shadowTypesOverTime } from "./queries/shadow.ts";
import { openScratch, type Scratch } from "./testing.ts";

let scratch: Scratch;

beforeEach(async () => {
  scratch = await openScratch("user_messages", "shadow");
});

const say = (rows: [username: string, at: string][]) =>
  scratch.client.insert({
    table: "user_messages",
    format: "JSONCompactEachRow",
    columns: ["username", "message", "received_at"],
    values: rows.map(([username, at]) => [username, "hi", at]),
  });

async function messages(given: Record<string, string>) {
  const { data } = await ask(scratch.client, chatMessagesPerMinute, given);
  return data.map((row) => {
    const { interval_start, messages, users } = chatMessagesPerMinute.row.strict().parse(row);
    return [interval_start, messages, users];
  });
}

describe("chat_messages_per_minute", () => {
  test("has the minutes without messages too, and nothing after the last moment", async () => {
    await say([
      ["ann", "2026-01-01 00:00:59.999"],
      ["ann", "2026-01-01 00:02:00.000"],
      ["bob", "2026-01-01 00:02:30.000"],
      ["bob", "2026-01-01 00:02:31.000"],
    ]);
    expect(await messages({ until: "2026-01-01T00:02:30Z", limit: "3" })).toEqual([
      ["2026-01-01 00:00:00", 1, 1],
      ["2026-01-01 00:01:00", 0, 0],
      ["2026-01-01 00:02:00", 2, 2],
    ]);
    expect(await messages({ until: "2026-01-01T00:02:59Z", limit: "1", username: "bob" })).toEqual([
      ["2026-01-01 00:02:00", 2, 1],
    ]);
  });

  test("begins with the interval of `since`, or as the limit says", async () => {
    const until = "2026-01-01T00:02:30Z";
    expect(await messages({ since: "2026-01-01T00:01:59Z", until })).toEqual([
      ["2026-01-01 00:01:00", 0, 0],
      ["2026-01-01 00:02:00", 0, 0],
    ]);
    expect(await messages({ since: "2026-01-01T00:00:00Z", until, limit: "1" })).toHaveLength(1);
    expect(await messages({ until })).toHaveLength(100);
  });

  test.each([
    ["week", "UTC", ["2025-12-22 00:00:00", "2025-12-29 00:00:00", "2026-01-05 00:00:00"]],
    ["month", "UTC", ["2025-11-01 00:00:00", "2025-12-01 00:00:00", "2026-01-01 00:00:00"]],
    ["day", "Asia/Kathmandu", ["2026-01-08 00:00:00", "2026-01-09 00:00:00", "2026-01-10 00:00:00"]],
    ["hour", "Asia/Kathmandu", ["2026-01-10 03:00:00", "2026-01-10 04:00:00", "2026-01-10 05:00:00"]],
  ])("counts by the %s of %s", async (interval, timezone, expected) => {
    await say([["ann", "2026-01-09 23:30:00"]]);
    const rows = await messages({ interval, timezone, until: "2026-01-09T23:45:00Z", limit: "3" });
    expect(rows.map(([start]) => start)).toEqual(expected);
    expect(rows.at(-1)).toEqual([expected.at(-1), 1, 1]);
  });
});

test("shadow_types_over_time has every type in every interval", async () => {
  await scratch.client.insert({
    table: "shadow",
    format: "JSONCompactEachRow",
    columns: ["type", "unique_id", "emit_timestamp"],
    values: [
      ["Sha", "a", "2026-01-01 00:01:00.000001"],
      ["Sha", "b", "2026-01-01 00:01:59.999999"],
      ["Dow", "c", "2026-01-01 00:02:00"],
    ],
  });
  const { data } = await ask(scratch.client, shadowTypesOverTime, {
    until: "2026-01-01T00:02:00Z",
    limit: "2",
  });
  expect(data.map((row) => Object.values(shadowTypesOverTime.row.strict().parse(row)).slice(1))).toEqual(
    [
      [Date.UTC(2026, 0, 1, 0, 1), { Dow: 0, Incompatible: 0, Sha: 2, ShaDow: 0 }],
      [Date.UTC(2026, 0, 1, 0, 2), { Dow: 1, Incompatible: 0, Sha: 0, ShaDow: 0 }],
    ].flatMap(([at, counts]) =>
      Object.entries(counts as object).map(([type, n]) => [Number(at) / 1000, type, n]),
    ),
  );
});

test("pipeline_lag tells 95 of 100 rows' way, and nothing of a pipeline without rows", async () => {
  const at = new Date(Date.now() - 7_000).toISOString().slice(0, -1);
  await say(
    Array.from({ length: 20 }, (_, n): [string, string] => ["ann", n < 19 ? at : "2020-01-01 00:00:00"]),
  );
  const { data } = await ask(scratch.client, pipelineLag, {});
  for (const row of data) pipelineLag.row.strict().parse(row);
  expect(data.map(({ pipeline }) => pipeline)).toEqual(["chat", "commits", "domination", "events"]);
  expect(data[0]).toMatchObject({ rows: 20, last_row_at: expect.stringMatching(/^20/) });
  expect(Number(data[0]?.lag_seconds)).toBeGreaterThan(6.9);
  expect(data[2]).toEqual({ pipeline: "domination", rows: 0, lag_seconds: null, last_row_at: null });
});

test("quarantine_by_reason counts one source's messages of a time", async () => {
  const source = `test:${crypto.randomUUID()}`;
  // It keeps a message for 90 days.
  const today = new Date().toISOString().slice(0, 10);
  const row = (reason: string, at: string) => ({
    id: crypto.randomUUID(),
    at,
    source,
    position: "",
    reason,
    detail: "",
    body: "",
    headers: [],
  });
  await scratch.client.insert({
    table: "sluice.quarantine",
    format: "JSONEachRow",
    values: [
      row("malformed_json", `${today} 00:00:00.001`),
      row("malformed_json", `${today} 00:00:00.002`),
      row("invalid_event", `${today} 00:00:00.003`),
    ],
  });
  const { data } = await ask(scratch.client, quarantineByReason, { source });
  for (const one of data) quarantineByReason.row.strict().parse(one);
  expect(data).toEqual([
    { reason: "malformed_json", messages: 2, sources: [source], last_at: `${today} 00:00:00.002` },
    { reason: "invalid_event", messages: 1, sources: [source], last_at: `${today} 00:00:00.003` },
  ]);
  const range = { since: `${today}T00:00:00.002Z`, until: `${today}T00:00:00.002Z` };
  expect((await ask(scratch.client, quarantineByReason, { source, ...range })).data).toMatchObject([
    { messages: 1 },
  ]);
});

import { beforeEach, describe, expect, test } from "vitest";
import { type Answer, ask } from "./ask.ts";
import { endpoints } from "./endpoints.ts";
import { openPeopleTables } from "./queries/people-tables.ts";
import type { Query } from "./query.ts";
import { openScratch, type Scratch } from "./testing.ts";

let scratch: Scratch;

const question = (name: string) => endpoints.get(name) as Query;
const answer = (name: string, given: Record<string, string> = {}): Promise<Answer> =>
  ask(scratch.client, question(name), given);

const say = (rows: [username: string, message: string, at: string][]) =>
  scratch.client.insert({
    table: "user_messages",
    format: "JSONCompactEachRow",
    columns: ["username", "message", "received_at"],
    values: rows,
  });

beforeEach(async () => {
  scratch = await openScratch("user_messages", "shadow");
});

test.each([...endpoints.values()].filter(({ file }) => !file))(
  "$name answers on empty tables, and its rows are as it declares them",
  async (query) => {
    const tables = query.absent ? await openPeopleTables() : undefined;
    const { data } = tables ? { data: await tables.ask(query) } : await ask(scratch.client, query, {});
    for (const row of data) query.row.strict().parse(row);
  },
);

describe("chat_messages", () => {
  test("gives every message once, the newest first, through all pages", async () => {
    const rows = Array.from({ length: 25 }, (_, i): [string, string, string] => [
      "ann",
      `message ${i}`,
      `2026-01-01 00:00:00.${String(Math.floor(i / 3)).padStart(3, "0")}`,
    ]);
    await say(rows);
    const seen: unknown[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const page: Answer = await answer("chat_messages", { limit: "4", ...(cursor && { cursor }) });
      for (const row of page.data) question("chat_messages").row.strict().parse(row);
      seen.push(...page.data.map(({ message }) => message));
      cursor = page.next;
    }
    expect(seen).toHaveLength(25);
    expect(new Set(seen).size).toBe(25);
    expect(seen.slice(0, 1)).toEqual(["message 24"]);
  });

  test("a page that holds the last row has no next", async () => {
    await say([["ann", "hi", "2026-01-01 00:00:00"]]);
    expect(await answer("chat_messages", { limit: "1" })).toMatchObject({ rows: 1, next: null });
  });

  test("one user's messages alone, whatever the name holds", async () => {
    await say([
      ["o'neil\\", "hi", "2026-01-01 00:00:00"],
      ["ann", "hi", "2026-01-01 00:00:01"],
    ]);
    expect((await answer("chat_messages", { username: "o'neil\\" })).rows).toBe(1);
    expect((await answer("chat_messages", { username: "' OR 1=1 --" })).rows).toBe(0);
  });

  test.each(["x", "e30", "W10", "", "WyIyMDI2Il0"])(
    "a cursor of %j is refused or finds nothing, and never fails",
    async (given) => {
      await expect(
        answer("chat_messages", { cursor: given }).catch((error) => error.status),
      ).resolves.toEqual(expect.toBeOneOf([400, expect.objectContaining({ rows: 0 })]));
    },
  );
});

test("chat_top_active_users counts, ties by name", async () => {
  await say([
    ["bob", "1", "2026-01-01 00:00:00"],
    ["ann", "2", "2026-01-01 00:00:01"],
    ["cid", "3", "2026-01-01 00:00:02"],
    ["cid", "4", "2026-01-01 00:00:03"],
  ]);
  const { data } = await answer("chat_top_active_users", { limit: "2" });
  expect(data).toMatchObject([
    { username: "cid", messages: 2 },
    { username: "ann", messages: 1 },
  ]);
});

describe("chat_average_message_gap", () => {
  test.each([
    ["no message", [], null],
    ["one message", ["00.000"], null],
    ["two messages", ["00.000", "00.250"], 250],
    ["unordered ones, milliseconds kept", ["10.001", "00.000", "00.500"], 5000.5],
  ])("of %s", async (_what, seconds, expected) => {
    await say(seconds.map((second) => ["ann", "hi", `2026-01-01 00:00:${second}`]));
    expect((await answer("chat_average_message_gap")).data).toEqual([
      { messages: seconds.length, average_gap_ms: expected },
    ]);
  });
});

test("shadow_types and the published query agree", async () => {
  const types = ["Sha", "Sha", "ShaDow", "Incompatible", "Incompatible", "Incompatible"];
  await scratch.client.insert({
    table: "shadow",
    format: "JSONCompactEachRow",
    columns: ["type", "unique_id", "emit_timestamp"],
    values: types.map((type, i) => [type, `human ${i}`, "2026-01-01 00:00:00.123456"]),
  });
  const published = await scratch.select(
    "SELECT COUNT(type) AS COUNT, type FROM shadow GROUP BY type ORDER BY (COUNT) DESC LIMIT 10",
  );
  expect(published).toEqual([
    { COUNT: 3, type: "Incompatible" },
    { COUNT: 2, type: "Sha" },
    { COUNT: 1, type: "ShaDow" },
  ]);
  expect((await answer("shadow_types")).data).toEqual(
    published.map((row) => ({
      type: (row as { type: string }).type,
      count: (row as { COUNT: number }).COUNT,
    })),
  );
});

test("unknown parameters, and limits out of range, are refused by name", async () => {
  await expect(answer("shadow_types", { limt: "3" })).rejects.toMatchObject({
    status: 400,
    message: expect.stringMatching(/limt.*shadow_types takes: limit/s),
  });
  for (const limit of ["0", "-1", "10001", "1.5", "ten", ""]) {
    await expect(answer("shadow_types", { limit })).rejects.toMatchObject({ status: 400 });
  }
});

import { expect, expectTypeOf, test } from "vitest";
import { createClient, type Params, type Row, SluiceError } from "./client.ts";

type Reply = { status: number; body?: unknown; headers?: Record<string, string> };

/** A client whose requests meet these replies, one after the other. */
function open(...replies: Reply[]) {
  const seen: { url: string; headers: Record<string, string>; body: unknown }[] = [];
  const send = async (url: unknown, init: RequestInit = {}) => {
    seen.push({ url: String(url), headers: init.headers as Record<string, string>, body: init.body });
    const { status, body, headers = {} } = replies.shift() ?? { status: 500 };
    return new Response(body === undefined ? null : JSON.stringify(body), { status, headers });
  };
  return { seen, client: createClient({ url: "http://api/", key: "k", fetch: send as typeof fetch }) };
}

const page = (n: number, next: string | null) => ({
  meta: [],
  data: [{ message: `message ${n}` }],
  rows: 1,
  next,
  statistics: { elapsed_ms: 1, rows_read: 1, bytes_read: 1 },
});

test("names, parameters and rows are those of the queries", () => {
  expectTypeOf<Params<"shadow_types">>().toEqualTypeOf<{ limit?: number | undefined }>();
  expectTypeOf<Row<"shadow_types">>().toEqualTypeOf<{ type: string; count: number }>();
  const { client } = open();
  // @ts-expect-error: there is no such endpoint
  void client.ask("shadow_tpes").catch(() => {});
  // @ts-expect-error: nor such a parameter
  void client.ask("shadow_types", { limt: 1 }).catch(() => {});
});

test("an answer that did not change is the same object, and was not sent again", async () => {
  const etag = { etag: 'W/"a"' };
  const { client, seen } = open(
    { status: 200, body: page(1, null), headers: etag },
    { status: 304, headers: etag },
  );
  const first = await client.ask("chat_messages", { limit: 1, username: "o'neil & co" });
  expect(await client.ask("chat_messages", { limit: 1, username: "o'neil & co" })).toBe(first);
  expect(seen[0]).toMatchObject({
    url: "http://api/v1/endpoints/chat_messages?limit=1&username=o%27neil+%26+co",
    headers: { authorization: "Bearer k" },
  });
  expect(seen[1]?.headers).toMatchObject({ "if-none-match": 'W/"a"' });
});

test("pages follow one another to the last", async () => {
  const { client, seen } = open({ status: 200, body: page(1, "two") }, { status: 200, body: page(2, null) });
  const rows = [];
  for await (const { message } of client.rows("chat_messages", { limit: 1 })) rows.push(message);
  expect(rows).toEqual(["message 1", "message 2"]);
  expect(seen[1]?.url).toContain("cursor=two");
});

test("a refusal is told in the API's words, after it was tried again where that may help", async () => {
  const problem = { status: 400, body: { title: "Wrong", detail: "limit", clickhouse: { code: 62 } } };
  const later = { status: 429, body: {}, headers: { "retry-after": "0" } };
  const { client, seen } = open(later, later, problem);
  const error = await client.sql("SELECT {n: UInt8}", { n: 1 }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(SluiceError);
  expect(error).toMatchObject({
    status: 400,
    message: "Wrong: limit",
    problem: { clickhouse: { code: 62 } },
  });
  expect(seen).toHaveLength(3);
  expect(seen[0]).toMatchObject({ body: '{"query":"SELECT {n: UInt8}","params":{"n":1}}' });
  const never = open(later, later, later);
  await expect(never.client.ask("shadow_types")).rejects.toMatchObject({ status: 429 });
});

test("who stops waiting stops the retries too", async () => {
  const { client } = open({ status: 503, headers: { "retry-after": "30" } });
  const signal = AbortSignal.timeout(20);
  await expect(client.ask("shadow_types", {}, { signal })).rejects.toMatchObject({ name: "TimeoutError" });
});

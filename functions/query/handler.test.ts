import { createClient } from "@clickhouse/client";
import type { Context } from "aws-lambda";
import { describe, expect, test } from "vitest";
import type { Answer } from "../lib/ask.ts";
import { endpoints } from "../lib/endpoints.ts";
import { HttpError, type HttpEvent } from "../lib/http.ts";
import { openKeys } from "../lib/keys.ts";
import type { SqlResult } from "../lib/run-sql.ts";
import { createHandler } from "./handler.ts";
import type { Ask } from "./named.ts";
import type { RunSql } from "./sql.ts";

const answer: Answer = {
  meta: [],
  data: [],
  rows: 0,
  next: null,
  statistics: { elapsed_ms: 1, rows_read: 2, bytes_read: 3 },
};

/** Nothing listens there: the local key needs no ClickHouse. */
const client = createClient({ url: "http://127.0.0.1:1" });
const open = (ask: Ask = async () => answer, origins: string[] = [], run: RunSql = async () => result) =>
  createHandler({ ask, run, keys: openKeys({ client, local: { read: "secret" } }), origins });
const result: SqlResult = { contentType: "application/json", format: "JSON", body: Buffer.from("") };

const call = async (event: Partial<HttpEvent>, ask: Ask = async () => answer) => {
  const response = await open(ask)(
    { headers: { authorization: "Bearer secret" }, rawPath: "/v1/endpoints", ...event } as HttpEvent,
    {} as Context,
  );
  const isJson = String(response.headers?.["content-type"]).includes("json");
  return { ...response, body: isJson ? JSON.parse(response.body ?? "") : response.body || null };
};

test("without the read key the answer is 401 as problem+json, whatever is asked", async () => {
  const headers: HttpEvent["headers"][] = [
    {},
    { authorization: "Bearer wrong" },
    { authorization: "secret" },
    { authorization: "Bearer " },
  ];
  for (const one of headers) {
    expect(await call({ headers: one, pathParameters: { name: "shadow_types" } })).toMatchObject({
      statusCode: 401,
      headers: {
        "content-type": expect.stringContaining("application/problem+json"),
        "www-authenticate": "Bearer",
      },
      body: { status: 401, title: expect.any(String), detail: expect.stringContaining("SLUICE_READ_KEY") },
    });
  }
});

test("the list names every endpoint with its description and parameters", async () => {
  const { body } = await call({});
  expect(body.endpoints.map(({ name }: { name: string }) => name)).toEqual([...endpoints.keys()]);
  expect(body.endpoints[0]).toMatchObject({
    description: expect.any(String),
    params: { limit: { default: 100 } },
  });
});

test("an endpoint is asked with what the query string holds", async () => {
  const asked: unknown[] = [];
  const ask: Ask = async (query, given) => {
    asked.push(query.name, given);
    return answer;
  };
  const event = { pathParameters: { name: "shadow_types" }, queryStringParameters: { limit: "3" } };
  expect(await call(event, ask)).toMatchObject({ statusCode: 200, body: answer });
  expect(asked).toEqual(["shadow_types", { limit: "3" }]);
});

test("an unknown endpoint is 404 and names those there are", async () => {
  expect(await call({ pathParameters: { name: "toString" } })).toMatchObject({
    statusCode: 404,
    body: { detail: expect.stringContaining("shadow_types") },
  });
});

test("what goes wrong inside is 500 without a word of it; what was meant for the client is told", async () => {
  const event = { pathParameters: { name: "shadow_types" } };
  const broken = await call(event, async () => Promise.reject(new Error("password is hunter2")));
  expect(broken.statusCode).toBe(500);
  expect(JSON.stringify(broken.body)).not.toContain("hunter2");
  const refused = await call(event, async () =>
    Promise.reject(new HttpError(400, "Wrong parameters", "limit: too big")),
  );
  expect(refused).toMatchObject({ statusCode: 400, body: { detail: "limit: too big" } });
});

describe("an answer", () => {
  const event = { pathParameters: { name: "shadow_types" } };
  const authorization = "Bearer secret";

  test("that the client has is 304 without a body, also after it was asked anew", async () => {
    const first = await call(event);
    const { etag } = first.headers as { etag: string };
    const again = await call({ ...event, headers: { authorization, "if-none-match": etag } });
    expect(again).toMatchObject({ statusCode: 304, headers: { etag, "cache-control": "private, no-cache" } });
    expect(again.body).toBeNull();
    const other = await call({
      ...event,
      headers: { authorization, "if-none-match": etag, accept: "text/csv" },
    });
    expect(other.statusCode).toBe(200);
  });

  test("is CSV or NDJSON where the client wants it, with a name to be saved under", async () => {
    const one = { ...answer, meta: [{ name: "n", type: "UInt8" }], data: [{ n: 1 }], next: "more" };
    const csv = await open(async () => one)(
      {
        ...event,
        headers: { authorization },
        queryStringParameters: { format: "csv" },
      } as unknown as HttpEvent,
      {} as Context,
    );
    expect(csv).toMatchObject({
      statusCode: 200,
      headers: {
        "content-type": "text/csv; charset=utf-8; header=present",
        "content-disposition": 'attachment; filename="shadow_types.csv"',
        "x-next-cursor": "more",
        "x-rows-read": "2",
      },
      body: "n\r\n1\r\n",
    });
  });

  test("is not asked twice within a second, unless the client says no-cache", async () => {
    let asked = 0;
    const handle = open(async () => ({ ...answer, rows: ++asked }));
    const once = (headers = {}) =>
      handle({ ...event, headers: { authorization, ...headers } } as unknown as HttpEvent, {} as Context);
    await once();
    await once();
    expect(asked).toBe(1);
    await once({ "cache-control": "no-cache" });
    expect(asked).toBe(2);
  });
});

test("every answer names its request: the client's name for it when it is a plain one", async () => {
  const id = (headers: Record<string, string>) =>
    call({ headers }).then((result) => (result.headers as Record<string, string>)["x-request-id"]);
  expect(await id({ "X-Request-Id": "abc-1" })).toBe("abc-1");
  expect(await id({ "x-request-id": "a\nb" })).toMatch(/^[0-9a-f-]{36}$/);
  const { body, headers } = await call({ headers: {} });
  expect(body.request_id).toBe((headers as Record<string, string>)["x-request-id"]);
});

describe("pages of other origins", () => {
  const ask = (origin: string, method = "GET") =>
    open(undefined, ["https://a.example"])(
      { headers: { origin }, requestContext: { http: { method } } } as unknown as HttpEvent,
      {} as Context,
    ).then(({ statusCode, headers }) => ({ statusCode, headers: headers as Record<string, string> }));

  test("may read answers, refusals too, when they are on the list", async () => {
    expect(await ask("https://a.example")).toMatchObject({
      statusCode: 401,
      headers: {
        "access-control-allow-origin": "https://a.example",
        vary: expect.stringContaining("Origin"),
      },
    });
    expect((await ask("https://a.example.evil")).headers).not.toHaveProperty("access-control-allow-origin");
  });

  test("are told so beforehand without a key", async () => {
    expect(await ask("https://a.example", "OPTIONS")).toMatchObject({
      statusCode: 204,
      headers: { "access-control-allow-headers": expect.stringContaining("Authorization") },
    });
    const refused = await ask("null", "OPTIONS");
    expect(refused.headers).not.toHaveProperty("access-control-allow-origin");
  });
});

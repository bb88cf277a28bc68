import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Context } from "aws-lambda";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../../functions/lib/ask.ts";
import { endpoints } from "../../functions/lib/endpoints.ts";
import type { HttpEvent } from "../../functions/lib/http-event.ts";
import { openKeys } from "../../functions/lib/keys.ts";
import type { Query } from "../../functions/lib/query.ts";
import { runSql } from "../../functions/lib/run-sql.ts";
import { createHandler } from "../../functions/query/handler.ts";
import { type Client, createClient, type EndpointName } from "../client/client.ts";
import { type ExampleServer, openExampleServer } from "./example-server.ts";

let server: ExampleServer;
/** The typed client, over the handler instead of a network. */
let client: Client;

beforeAll(async () => {
  server = await openExampleServer();
  const mapping = {
    function: "indexChat",
    source: "rabbitmq",
    queue: "chat.clickhouse",
    state: "polling",
    lag: 0,
  };
  process.env.EVENT_SOURCES_STATUS = join(await mkdtemp(join(tmpdir(), "examples-")), "event-sources.json");
  await writeFile(
    process.env.EVENT_SOURCES_STATUS,
    JSON.stringify({ pid: process.pid, mappings: [mapping] }),
  );
  const reader = server.client("reader");
  const handler = createHandler({
    ask: (query, given, comment) => ask(reader, query, given, comment),
    run: (sql) => runSql(reader, sql),
    keys: openKeys({ client: server.client("rmq"), local: { read: "key" } }),
  });
  const send = async (url: string, { method = "GET", body, headers }: RequestInit) => {
    const { pathname, searchParams } = new URL(url);
    const name = /^\/v1\/endpoints\/(\w+)$/.exec(pathname)?.[1];
    const event = {
      rawPath: pathname,
      headers,
      body,
      queryStringParameters: Object.fromEntries(searchParams),
      ...(name && { pathParameters: { name } }),
      requestContext: { http: { method } },
    };
    const answer = await handler(event as unknown as HttpEvent, {} as Context);
    return new Response(answer.body || null, {
      status: answer.statusCode ?? 200,
      headers: answer.headers as never,
    });
  };
  client = createClient({ url: "http://sluice", key: "key", fetch: send as typeof fetch });
});
afterAll(async () => {
  await rm(dirname(process.env.EVENT_SOURCES_STATUS ?? ""), { recursive: true });
  await server.close();
});

/** Their rows depend on the time and on the machine; only their columns can be held against the example. */
const moving = ["pipeline_lag", "quarantine_by_reason", "slow_queries", "storage_by_table"];

describe.each([...endpoints.values()])("$name", ({ name, row, example }: Query) => {
  test("answers its example as it says, with the columns and types it declares", async () => {
    if (!example)
      throw new Error(`${name} has no example: add one, and its rows to infra/test/example-rows.ts`);
    const answer = await client.ask(name as EndpointName, example.params as never);
    expect(answer.meta.map((column) => column.name)).toEqual(Object.keys(row.shape));
    expect(answer.data.length).toBeGreaterThan(0);
    for (const one of [...answer.data, ...example.rows]) row.strict().parse(one);
    if (!moving.includes(name)) expect(answer.data).toEqual(example.rows);
  });
});

test("the document names every endpoint with its example, and every reference in it leads somewhere", async () => {
  const { openApi } = await import("../../functions/query/openapi.ts");
  const document = JSON.parse(JSON.stringify(openApi()));
  for (const { name, example } of endpoints.values())
    expect(
      document.paths[`/v1/endpoints/${name}`].get.responses[200].content["application/json"].example.data,
    ).toEqual(example?.rows);
  for (const [, path = ""] of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g))
    expect(
      path.split("/").reduce((at, key) => at?.[key], document),
      path,
    ).toBeDefined();
});

test("SQL goes through the same client", async () => {
  const { data } = await client.sql("SELECT username FROM user_messages WHERE message = {text: String}", {
    text: "Tea?",
  });
  expect(data).toEqual([{ username: "ann" }]);
});

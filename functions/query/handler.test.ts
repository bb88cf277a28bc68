import type { Context } from "aws-lambda";
import { expect, test } from "vitest";
import type { Answer } from "../lib/ask.ts";
import { endpoints } from "../lib/endpoints.ts";
import { HttpError, type HttpEvent } from "../lib/http.ts";
import { type Ask, createHandler } from "./handler.ts";

const answer: Answer = {
  meta: [],
  data: [],
  rows: 0,
  next: null,
  statistics: { elapsed_ms: 1, rows_read: 2, bytes_read: 3 },
};

const call = async (event: Partial<HttpEvent>, ask: Ask = async () => answer) => {
  const response = await createHandler(ask, "secret")(
    { headers: { authorization: "Bearer secret" }, rawPath: "/v1/endpoints", ...event } as HttpEvent,
    {} as Context,
  );
  return { ...response, body: JSON.parse(response.body ?? "null") };
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

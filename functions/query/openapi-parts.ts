import { formats } from "../lib/formats.ts";

/** What the answer says about itself. */
const statistics = {
  type: "object",
  description: "what ClickHouse did for it",
  required: ["elapsed_ms", "rows_read", "bytes_read"],
  properties: {
    elapsed_ms: { type: "number" },
    rows_read: { type: "integer" },
    bytes_read: { type: "integer" },
  },
};

const meta = {
  type: "array",
  description: "the columns in their order, with ClickHouse's types",
  items: {
    type: "object",
    required: ["name", "type"],
    properties: { name: { type: "string" }, type: { type: "string" } },
  },
};

/** 200 in each format. */
export function answerOf(data: object, { paged, rows }: { paged: boolean; rows?: unknown[] | undefined }) {
  const schema = {
    type: "object",
    required: ["meta", "data", "rows", "next", "statistics"],
    properties: {
      meta,
      data,
      rows: { type: "integer", description: "how many are in data" },
      next: paged
        ? { type: ["string", "null"], description: "cursor of the next page; null on the last" }
        : { type: "null" },
      statistics,
    },
  };
  const example = rows && { data: rows, rows: rows.length };
  return {
    description: "The answer.",
    headers: {
      ...requestIdHeader,
      ETag: header("changes with the rows; for If-None-Match"),
      "Server-Timing": header("milliseconds ClickHouse took"),
      "X-Rows-Read": header("rows ClickHouse read"),
      "X-Next-Cursor": header("cursor of the next page, when there is one"),
      ...limitHeaders,
    },
    content: {
      "application/json": { schema, ...(example && { example }) },
      "text/csv": { schema: { type: "string" } },
      "application/x-ndjson": { schema: { type: "string" } },
    },
  };
}

const header = (description: string) => ({ description, schema: { type: "string" } });
const requestIdHeader = { "X-Request-Id": header("the request's name in logs and in the query log") };
const limitHeaders = {
  RateLimit: header("requests left, and seconds until they are as many as at first; of keys with a rate"),
  "RateLimit-Policy": header("requests a key may send in so many seconds"),
};

const titles: Record<number, string> = {
  400: "A parameter or the query is wrong; which, and why.",
  401: "No key, or one that is not valid.",
  403: "The key may not do this, or the statement does more than read.",
  404: "No such source.",
  406: "No such format.",
  408: "It took too long and was stopped.",
  413: "It sends, reads, needs or gives too much.",
  415: "The body is of no type or encoding that is read here.",
  429: "Too many requests; Retry-After says when to come back.",
  503: "ClickHouse or Kafka does not answer, or a table is not there yet.",
};

const nameOf = (status: number) => `problem${status}`;

export const refusals = (...statuses: number[]) =>
  Object.fromEntries(
    statuses.map((status) => [status, { $ref: `#/components/responses/${nameOf(status)}` }]),
  );

/** Problem details, RFC 9457. */
const problem = {
  type: "object",
  required: ["type", "title", "status", "detail", "request_id"],
  properties: {
    type: { type: "string" },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string" },
    request_id: { type: "string" },
    clickhouse: {
      type: "object",
      description: "ClickHouse's own code and name of the error",
      required: ["code", "type"],
      properties: { code: { type: "integer" }, type: { type: "string" } },
    },
    position: { type: "integer", description: "of a syntax error, in characters from 1" },
    line: { type: "integer" },
    column: { type: "integer" },
  },
};

export const problems = {
  schemas: { Problem: problem },
  responses: Object.fromEntries(
    Object.entries(titles).map(([status, description]) => [
      nameOf(Number(status)),
      {
        description,
        headers: requestIdHeader,
        content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    ]),
  ),
};

export const formatParameter = {
  name: "format",
  in: "query",
  description: "goes before Accept",
  schema: { type: "string", enum: formats, default: "json" },
};

export const requestIdParameter = {
  name: "X-Request-Id",
  in: "header",
  description:
    "a name of your own for the request, of letters, digits, `_`, `.`, `:` and `-`; comes back in the answer. Any other is replaced.",
  schema: { type: "string" },
};

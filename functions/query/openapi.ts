import * as z from "zod";
import { endpoints } from "../lib/endpoints.ts";
import type { Query } from "../lib/query.ts";
import { collectOperation, eventSchemas, writeKeys } from "./openapi-events.ts";
import { answerOf, formatParameter, problems, refusals, requestIdParameter } from "./openapi-parts.ts";
import { sqlRequest } from "./sql.ts";

/** The HTTP API of this function, and that of the collector of events beside it, as OpenAPI 3.1; names, parameters, rows and examples come from the queries. */
export const openApi = () => ({
  openapi: "3.1.0",
  info: {
    title: "Sluice",
    version: "1",
    description:
      "Analytics of what flows into ClickHouse. Every named endpoint answers as JSON, CSV or NDJSON, with an ETag. `next` is the `cursor` of the page after.",
  },
  servers: [{ url: "/" }],
  security: [{ key: [] }],
  paths: {
    "/v1/endpoints": { get: listOperation },
    ...Object.fromEntries(
      [...endpoints.values()].map((query) => [`/v1/endpoints/${query.name}`, { get: operationOf(query) }]),
    ),
    "/v1/query": { post: sqlOperation() },
    "/v1/events/{source}": { post: collectOperation },
    "/v1/openapi.json": { get: documentOperation },
  },
  components: {
    securitySchemes: {
      key: {
        type: "http",
        scheme: "bearer",
        description: "SLUICE_READ_KEY, or a key of `sluice keys create --kind read`",
      },
      ...writeKeys,
    },
    ...problems,
    schemas: { ...problems.schemas, ...eventSchemas },
  },
});

function operationOf({ name, description, params, row, pageBy, example }: Query) {
  const { properties = {} } = z.toJSONSchema(params, { io: "input" });
  const rows = { type: "array", items: withoutDialect(z.toJSONSchema(row)) };
  const given: Record<string, unknown> = example?.params ?? {};
  return {
    operationId: name,
    summary: description,
    tags: ["endpoints"],
    parameters: [
      ...Object.entries(properties).map(([param, schema]) => {
        const { description: meaning, ...rest } = schema as { description?: string };
        return {
          name: param,
          in: "query",
          description: meaning,
          schema: rest,
          ...(Object.hasOwn(given, param) && { example: given[param] }),
        };
      }),
      formatParameter,
      requestIdParameter,
    ],
    responses: {
      200: answerOf(rows, { paged: pageBy !== undefined, rows: example?.rows }),
      304: { description: "The client has this answer: If-None-Match names its ETag." },
      ...refusals(400, 401, 403, 406, 408, 413, 429, 503),
    },
  };
}

const sqlOperation = () => ({
  operationId: "query",
  summary: "Any SQL that only reads, as the ClickHouse user reader.",
  tags: ["SQL"],
  parameters: [formatParameter, requestIdParameter],
  requestBody: {
    required: true,
    content: {
      "application/json": {
        schema: withoutDialect(z.toJSONSchema(sqlRequest, { io: "input" })),
        example: { query: "SELECT {n: UInt8} + 1 AS m", params: { n: 41 } },
      },
      "text/plain": { schema: { type: "string", minLength: 1 }, example: "SELECT 1 AS n" },
    },
  },
  responses: {
    // The query's own FORMAT may ask for any media type.
    200: { ...answerOf({ type: "array", items: { type: "object" } }, { paged: false }) },
    ...refusals(400, 401, 403, 406, 408, 413, 415, 429, 503),
  },
});

const listOperation = {
  operationId: "endpoints",
  summary: "The named endpoints with their parameters.",
  tags: ["endpoints"],
  parameters: [requestIdParameter],
  responses: {
    200: {
      description: "All of them.",
      content: {
        "application/json": {
          schema: {
            type: "object",
            required: ["endpoints"],
            properties: {
              endpoints: {
                type: "array",
                items: {
                  type: "object",
                  required: ["name", "description", "params"],
                  properties: {
                    name: { type: "string" },
                    description: { type: "string" },
                    params: { type: "object", description: "JSON Schema of each parameter" },
                  },
                },
              },
            },
          },
        },
      },
    },
    ...refusals(401, 403, 429, 503),
  },
};

const documentOperation = {
  operationId: "openapi",
  summary: "This document.",
  tags: ["endpoints"],
  parameters: [requestIdParameter],
  responses: {
    200: { description: "OpenAPI 3.1.", content: { "application/json": { schema: { type: "object" } } } },
    ...refusals(401, 403, 429, 503),
  },
};

function withoutDialect({ $schema: _, ...schema }: Record<string, unknown>) {
  return schema;
}

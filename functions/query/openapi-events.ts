import * as z from "zod";
import { event } from "../../events/event.ts";
import { refusals, requestIdParameter } from "./openapi-parts.ts";

/** An event as a client sends it: what the collector adds is left out, and what it can add is optional. */
function eventSchema() {
  const { properties = {} } = z.toJSONSchema(event.schema, { io: "input" });
  const { source: _source, received_at: _received, ...given } = properties;
  const moment = { description: "ISO 8601, or epoch milliseconds", type: ["string", "integer", "null"] };
  return {
    type: "object",
    required: ["event_type"],
    properties: {
      ...given,
      id: { type: ["string", "null"], minLength: 1, maxLength: 200, description: "copies count once" },
      timestamp: moment,
      sent_at: { ...moment, description: "by the same clock, which may be wrong" },
      properties: { type: ["object", "null"], description: "anything else" },
    },
    example: { event_type: "page_view", user_id: "ann", page_url: "https://shop.example/" },
  };
}

const one = { $ref: "#/components/schemas/Event" };

export const eventSchemas = { Event: eventSchema() };

const result = {
  accepted: { type: "integer", description: "events that are on every in-sync replica" },
  quarantined: { type: "integer", description: "events that were refused and are kept with the reason" },
  errors: {
    type: "array",
    items: {
      type: "object",
      required: ["index", "id", "field", "code", "message", "retryable"],
      properties: {
        index: { type: "integer", description: "which event of the body, from 0 on" },
        id: { type: ["string", "null"] },
        field: { type: ["string", "null"] },
        code: { type: "string" },
        message: { type: "string" },
        retryable: { type: "boolean", description: "whether the same may be accepted later" },
      },
    },
  },
};

const answer = (description: string) => ({
  description,
  content: {
    "application/json": {
      schema: {
        type: "object",
        required: ["request_id", "accepted", "quarantined", "errors"],
        properties: {
          request_id: { type: "string" },
          ...result,
          queryable: { type: "boolean", description: "with wait=true: they can be asked for" },
        },
      },
    },
  },
});

const query = (name: string, description: string, schema: object = { type: "string" }) => ({
  name,
  in: "query",
  description,
  schema,
});

export const collectOperation = {
  operationId: "collect",
  summary: "Product events of a site or an app: one, an array, or one a line.",
  tags: ["events"],
  security: [{ writeKey: [] }, { writeKeyInAddress: [] }],
  parameters: [
    {
      name: "source",
      in: "path",
      required: true,
      description: "who sends them, such as web",
      schema: { type: "string", pattern: "^[A-Za-z0-9_.\\-]{1,64}$" },
    },
    query("wait", "true: answered when they can be asked for, or after some eight seconds with 202", {
      type: "string",
      enum: ["true", "false"],
    }),
    query("sent_at", "when the request is sent, by the client's clock; an event may say so for itself"),
    {
      name: "Idempotency-Key",
      in: "header",
      description: "events without an id get the same ones when the request is sent again",
      schema: { type: "string", maxLength: 255 },
    },
    requestIdParameter,
  ],
  requestBody: {
    required: true,
    description:
      "At most 10,000 events and 10 MiB uncompressed, 256 KiB an event; Content-Encoding may be gzip.",
    content: {
      "application/json": { schema: { oneOf: [one, { type: "array", minItems: 1, items: one }] } },
      "application/x-ndjson": { schema: { type: "string", description: "one event a line" } },
      "text/plain": { schema: { type: "string", description: "either, as sendBeacon sends it" } },
    },
  },
  responses: {
    200: answer("Every accepted event can be asked for."),
    202: answer("Every accepted event is safe in Kafka."),
    ...refusals(400, 401, 403, 404, 413, 415),
    422: {
      description: "No event was accepted; why not, of each.",
      content: {
        "application/problem+json": {
          schema: {
            allOf: [{ $ref: "#/components/schemas/Problem" }, { type: "object", properties: result }],
          },
        },
      },
    },
    ...refusals(429, 503),
  },
};

export const writeKeys = {
  writeKey: {
    type: "http",
    scheme: "bearer",
    description: "SLUICE_WRITE_KEY, or a key of `sluice keys create --kind write`",
  },
  writeKeyInAddress: {
    type: "apiKey",
    in: "query",
    name: "key",
    description: "for sendBeacon, which sends no headers",
  },
};

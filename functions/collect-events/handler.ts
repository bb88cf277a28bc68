import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { clickhouseVariables, openClickHouse } from "../lib/clickhouse.ts";
import { parseOrigins } from "../lib/cors.ts";
import { readEnv } from "../lib/env.ts";
import { HttpError, httpFunction, json } from "../lib/http.ts";
import { bearerOf, type HttpEvent, header, mediaType } from "../lib/http-event.ts";
import { kafkaVariables, openProducer, type Produce } from "../lib/kafka.ts";
import { type Keys, openKeys } from "../lib/keys.ts";
import { requestId } from "../lib/request-id.ts";
import { openStore } from "../lib/store.ts";
import { withKey } from "../lib/with-key.ts";
import { readBody } from "./body.ts";
import { type Prepared, prepare } from "./prepare.ts";
import { untilQueryable } from "./queryable.ts";
import { splitRows } from "./rows.ts";

export interface Effects {
  produce: Produce;
  keys: Keys;
  /** Whether these events can be asked for, once they can or it has taken too long. */
  untilQueryable(ids: string[]): Promise<boolean>;
  origins?: readonly string[];
  /** Epoch milliseconds. */
  now?: () => number;
  /** How long Kafka may take, in milliseconds: an answer in time beats one that the gateway has given up on. */
  patience?: number;
}

/** Topic of the accepted events, and of refused ones on their way to the quarantine. */
const topic = "events";

/**
 * `POST /v1/events/{source}`: one event, an array, or one a line, into Kafka. 202 when each is on every in-sync replica, or 200
 * with `wait=true` once they can be asked for; what is wrong with single ones is said in `errors`, and they are kept in the quarantine.
 */
export const createHandler = ({
  produce,
  keys,
  untilQueryable,
  origins = [],
  now = Date.now,
  patience = 15_000,
}: Effects) =>
  httpFunction(
    async (event) => {
      const source = sourceOf(event);
      const wanted = { kind: "write", target: source, name: source } as const;
      return withKey(keys, withHeader(event), wanted, async () => {
        const rows = splitRows(await readBody(event), mediaType(event));
        const request = {
          source,
          receivedAt: now(),
          seed: header(event, "idempotency-key"),
          sentAt: event.queryStringParameters?.sent_at,
        };
        const prepared = rows.map((row, index) => prepare(row, index, request));
        const outgoing = prepared.flatMap((one) => one.outgoing ?? []);
        await inTime(produce(topic, outgoing), patience).catch(unavailable);
        const ids = prepared.flatMap(({ id, refusal }) => (refusal || id === undefined ? [] : id));
        const queryable = isAsked(event) && ids.length > 0 && (await untilQueryable(ids));
        return summarise(event, prepared, queryable);
      });
    },
    { origins },
  );

function sourceOf(event: HttpEvent): string {
  const source = event.pathParameters?.source ?? "";
  if (/^[\w.-]{1,64}$/.test(source)) return source;
  const rule = "A source has 1 to 64 letters, digits, dots, dashes and underscores: POST /v1/events/web.";
  throw new HttpError(404, "No such source", rule);
}

/** `navigator.sendBeacon` sets no headers: it may give the key as `?key=…`. */
function withHeader(event: HttpEvent): HttpEvent {
  const key = event.queryStringParameters?.key;
  if (!key || bearerOf(event)) return event;
  return { ...event, headers: { ...event.headers, authorization: `Bearer ${key}` } };
}

const isAsked = (event: HttpEvent): boolean => event.queryStringParameters?.wait === "true";

/** @param queryable false when nobody waited, or in vain. */
function summarise(event: HttpEvent, prepared: Prepared[], queryable: boolean) {
  const errors = prepared.flatMap(({ id, refusal }, index) =>
    refusal
      ? [
          {
            index,
            id: id ?? null,
            field: refusal.field ?? null,
            code: refusal.reason,
            message: refusal.detail,
            retryable: false,
          },
        ]
      : [],
  );
  const counts = {
    accepted: prepared.length - errors.length,
    quarantined: prepared.filter(({ refusal, outgoing }) => refusal && outgoing).length,
    errors,
  };
  if (counts.accepted === 0)
    throw new HttpError(422, "No event was accepted", errors[0]?.message ?? "", { members: counts });
  const waited = isAsked(event) ? { queryable } : {};
  return json(queryable ? 200 : 202, { request_id: requestId(event), ...counts, ...waited });
}

async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  const waiting = new AbortController();
  const late = sleep(ms, undefined, waiting).then(() => {
    throw new Error(`Kafka has not answered in ${ms} ms`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    waiting.abort();
    work.catch(() => {}); // It may still fail, or succeed: the client sends the same again, and it counts once.
    late.catch(() => {});
  }
}

function unavailable(cause: unknown): never {
  throw new HttpError(
    503,
    "Kafka does not answer",
    "Nothing of it may have been kept: send the same again.",
    {
      cause,
      headers: { "retry-after": "2" },
      members: { retryable: true },
    },
  );
}

const env = readEnv({
  ...clickhouseVariables,
  ...kafkaVariables,
  SLUICE_WRITE_KEY: z.string().default(""),
  SLUICE_CORS_ORIGINS: z.string().default(""),
});
const client = openClickHouse(env);
const store = openStore(client);

export const handler = createHandler({
  produce: openProducer(env),
  keys: openKeys({ client, local: { write: env.SLUICE_WRITE_KEY } }),
  untilQueryable: (ids) => untilQueryable(store, ids),
  origins: parseOrigins(env.SLUICE_CORS_ORIGINS),
});

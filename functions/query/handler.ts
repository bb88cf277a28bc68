import * as z from "zod";
import { type Answer, ask } from "../lib/ask.ts";
import { clickhouseVariables, openClickHouse } from "../lib/clickhouse.ts";
import { parseOrigins } from "../lib/cors.ts";
import { endpoints } from "../lib/endpoints.ts";
import { readEnv } from "../lib/env.ts";
import { chooseFormat } from "../lib/formats.ts";
import { Fresh } from "../lib/fresh.ts";
import { HttpError, httpFunction, json, requireKey } from "../lib/http.ts";
import { type HttpEvent, header } from "../lib/http-event.ts";
import type { Query } from "../lib/query.ts";
import { respond } from "../lib/respond.ts";

export type Ask = (query: Query, given: Record<string, string>) => Promise<Answer>;

/** `GET /v1/endpoints` lists the named questions, `GET /v1/endpoints/{name}?…` answers one. */
export const createHandler = (answer: Ask, readKey: string, origins: readonly string[] = []) => {
  const fresh = new Fresh();
  return httpFunction(
    async (event) => {
      requireKey(event, readKey);
      const name = event.pathParameters?.name;
      if (name === undefined) return json(200, { endpoints: [...endpoints.values()].map(describe) });
      const query = endpoints.get(name);
      if (!query)
        throw new HttpError(404, "No such endpoint", `There are: ${[...endpoints.keys()].join(", ")}.`);
      const format = chooseFormat(event);
      const { format: _, ...given } = present(event.queryStringParameters);
      const ms = wantsNew(event) ? 0 : (query.freshMs ?? 1000);
      const question = JSON.stringify([name, Object.entries(given).sort()]);
      return respond(event, name, format, await fresh.take(question, ms, () => answer(query, given)));
    },
    { origins },
  );
};

/** A client that will not have an answer given before says so (RFC 9111 §5.2.1.4). */
const wantsNew = (event: HttpEvent) => /\bno-(cache|store)\b/i.test(header(event, "cache-control") ?? "");

const describe = ({ name, description, params }: Query) => ({
  name,
  description,
  params: z.toJSONSchema(params, { io: "input" }).properties,
});

/** API Gateway leaves the parameters out when there are none; serverless-offline sends null. */
const present = (given: Record<string, string | undefined> | null | undefined): Record<string, string> =>
  Object.fromEntries(
    Object.entries(given ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );

const env = readEnv({
  ...clickhouseVariables,
  SLUICE_READ_KEY: z.string(),
  SLUICE_CORS_ORIGINS: z.string().default(""),
});
const client = openClickHouse(env);

export const handler = createHandler(
  (query, given) => ask(client, query, given),
  env.SLUICE_READ_KEY,
  parseOrigins(env.SLUICE_CORS_ORIGINS),
);

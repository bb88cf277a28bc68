import * as z from "zod";
import { type Answer, ask } from "../lib/ask.ts";
import { clickhouseVariables, openClickHouse } from "../lib/clickhouse.ts";
import { endpoints } from "../lib/endpoints.ts";
import { readEnv } from "../lib/env.ts";
import { HttpError, httpFunction, json, requireKey } from "../lib/http.ts";
import type { Query } from "../lib/query.ts";

export type Ask = (query: Query, given: Record<string, string>) => Promise<Answer>;

/** `GET /v1/endpoints` lists the named questions, `GET /v1/endpoints/{name}?…` answers one. */
export const createHandler = (answer: Ask, readKey: string) =>
  httpFunction(async (event) => {
    requireKey(event, readKey);
    const name = event.pathParameters?.name;
    if (name === undefined) return json(200, { endpoints: [...endpoints.values()].map(describe) });
    const query = endpoints.get(name);
    if (!query)
      throw new HttpError(404, "No such endpoint", `There are: ${[...endpoints.keys()].join(", ")}.`);
    return json(200, await answer(query, present(event.queryStringParameters)));
  });

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

const env = readEnv({ ...clickhouseVariables, SLUICE_READ_KEY: z.string() });
const client = openClickHouse(env);

export const handler = createHandler((query, given) => ask(client, query, given), env.SLUICE_READ_KEY);

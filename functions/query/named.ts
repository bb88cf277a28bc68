import * as z from "zod";
import type { Answer } from "../lib/ask.ts";
import { endpoints } from "../lib/endpoints.ts";
import { chooseFormat } from "../lib/formats.ts";
import { Fresh } from "../lib/fresh.ts";
import { HttpError, json } from "../lib/http.ts";
import { type HttpEvent, type HttpResult, header } from "../lib/http-event.ts";
import type { KeyGrant } from "../lib/keys/key.ts";
import type { Query } from "../lib/query.ts";
import { respond } from "../lib/respond.ts";
import { withFixed } from "../lib/with-key.ts";

/** `comment` is where the query log says who asked. */
export type Ask = (query: Query, given: Record<string, string>, comment: string) => Promise<Answer>;

/** `GET /v1/endpoints`: every named question with its parameters. */
export const listEndpoints = (): HttpResult =>
  json(200, { endpoints: [...endpoints.values()].map(describe) });

const describe = ({ name, description, params }: Query) => ({
  name,
  description,
  params: z.toJSONSchema(params, { io: "input" }).properties,
});

/** `GET /v1/endpoints/{name}?…`. @throws HttpError 404 for a name there is not. */
export function createNamed(ask: Ask) {
  const fresh = new Fresh();
  return async (event: HttpEvent, name: string, key: KeyGrant, comment: string): Promise<HttpResult> => {
    const query = endpoints.get(name);
    if (!query)
      throw new HttpError(404, "No such endpoint", `There are: ${[...endpoints.keys()].join(", ")}.`);
    const format = chooseFormat(event);
    const { format: _, ...asked } = present(event.queryStringParameters);
    const given = withFixed(asked, key, query.params.shape);
    const ms = wantsNew(event) ? 0 : (query.freshMs ?? 1000);
    const question = JSON.stringify([name, Object.entries(given).sort()]);
    return respond(event, name, format, await fresh.take(question, ms, () => ask(query, given, comment)));
  };
}

/** A client that will not have an answer given before says so (RFC 9111 §5.2.1.4). */
const wantsNew = (event: HttpEvent) => /\bno-(cache|store)\b/i.test(header(event, "cache-control") ?? "");

/** API Gateway leaves the parameters out when there are none; serverless-offline sends null. */
const present = (given: Record<string, string | undefined> | null | undefined): Record<string, string> =>
  Object.fromEntries(
    Object.entries(given ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );

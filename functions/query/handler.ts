import * as z from "zod";
import { ask } from "../lib/ask.ts";
import { clickhouseVariables, openClickHouse } from "../lib/clickhouse.ts";
import { parseOrigins } from "../lib/cors.ts";
import { readEnv } from "../lib/env.ts";
import { httpFunction, json } from "../lib/http.ts";
import type { HttpEvent } from "../lib/http-event.ts";
import type { KeyGrant } from "../lib/keys/key.ts";
import { type Keys, openKeys } from "../lib/keys.ts";
import { requestId } from "../lib/request-id.ts";
import { runSql } from "../lib/run-sql.ts";
import { withKey } from "../lib/with-key.ts";
import { type Ask, createNamed, listEndpoints } from "./named.ts";
import { openApi } from "./openapi.ts";
import { createSql, type RunSql } from "./sql.ts";

export interface Effects {
  ask: Ask;
  run: RunSql;
  keys: Keys;
  /** Whose pages may read the answers. */
  origins?: readonly string[];
}

/** `GET /v1/endpoints`, `GET /v1/endpoints/{name}?…`, `POST /v1/query`, `GET /v1/openapi.json`, for those with a read key. */
export const createHandler = ({ ask, run, keys, origins = [] }: Effects) => {
  const named = createNamed(ask);
  const sql = createSql(run);
  return httpFunction(
    async (event) => {
      const name = event.pathParameters?.name;
      const target = name ?? (event.rawPath === "/v1/query" ? "query" : undefined);
      const wanted = {
        kind: "read",
        ...(target !== undefined && { target }),
        name: target ?? event.rawPath,
      } as const;
      return withKey(keys, event, wanted, async (key) => {
        const comment = describe(event, key, wanted.name);
        if (name !== undefined) return named(event, name, key, comment);
        if (target === "query") return sql(event, key, comment);
        return event.rawPath === "/v1/openapi.json" ? json(200, openApi()) : listEndpoints();
      });
    },
    { origins },
  );
};

/** What the query log keeps of a request, as its `log_comment`. */
const describe = (event: HttpEvent, key: KeyGrant, target: string) =>
  JSON.stringify({ request: requestId(event), key: key.id, target });

const env = readEnv({
  ...clickhouseVariables,
  CLICKHOUSE_READER_PASSWORD: z.string(),
  SLUICE_READ_KEY: z.string().default(""),
  SLUICE_CORS_ORIGINS: z.string().default(""),
});
const reader = openClickHouse({
  ...env,
  CLICKHOUSE_USER: "reader",
  CLICKHOUSE_PASSWORD: env.CLICKHOUSE_READER_PASSWORD,
});

export const handler = createHandler({
  ask: (query, given, comment) => ask(reader, query, given, comment),
  run: (sql) => runSql(reader, sql),
  keys: openKeys({ client: openClickHouse(env), local: { read: env.SLUICE_READ_KEY } }),
  origins: parseOrigins(env.SLUICE_CORS_ORIGINS),
});

import { clickhouseVariables, openClickHouse } from "../lib/clickhouse.ts";
import { readEnv } from "../lib/env.ts";
import { HttpError, httpFunction, json } from "../lib/http.ts";

/** `GET /health/live`: the functions answer. `GET /health/ready`: so does ClickHouse. Neither tells more, so neither asks for a key. */
export const createHandler = (ping: () => Promise<boolean>) =>
  httpFunction(async (event) => {
    if (event.rawPath.endsWith("/live")) return json(200, { status: "live" });
    if (await ping()) return json(200, { status: "ready" });
    throw new HttpError(503, "Not ready", "ClickHouse does not answer.");
  });

const client = openClickHouse(readEnv(clickhouseVariables));

export const handler = createHandler(async () => (await client.ping({ select: true })).success);

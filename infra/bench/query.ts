import type { ClickHouseClient } from "@clickhouse/client";
import type { Context } from "aws-lambda";
import { ask } from "../../functions/lib/ask.ts";
import { openClickHouse } from "../../functions/lib/clickhouse.ts";
import { endpoints } from "../../functions/lib/endpoints.ts";
import type { HttpEvent } from "../../functions/lib/http-event.ts";
import { openKeys } from "../../functions/lib/keys.ts";
import type { Query } from "../../functions/lib/query.ts";
import type { Bench } from "./bench.ts";
import { figure } from "./figure.ts";
import { load, pool } from "./load.ts";
import { pageQuestions } from "./page-questions.ts";
import { insertProductEvents } from "./product-rows.ts";
import { insertRows, questions, settle, until } from "./query-rows.ts";
import { openAdmin, openServices } from "./services.ts";
import { interleave, percentile } from "./statistics.ts";

/** Goals: what we add to ClickHouse's own time, an answer the client has already, and one that a panel of the page waits for. */
const goal = { added: 5, unchanged: 3, panel: 100 };

/** A named endpoint in process, against the same SQL sent straight to the same server. */
export const query: Bench = {
  name: "query",
  summary:
    "five endpoints in process, at 1, 8 and 32 requests at a time; peer: the same SQL sent straight to ClickHouse; and all that the page asks",
  async *run(options) {
    const { rows = 10_000_000, rounds = 3, progress, cleanup } = options;
    const settings = await openServices(options, "clickhouse");
    const admin = openAdmin(settings, options);
    await insertRows(admin, rows, progress);
    await insertProductEvents(admin, rows, progress);
    await settle(admin, progress);
    const reader = openClickHouse({
      CLICKHOUSE_URL: settings.clickhouseUrl,
      CLICKHOUSE_USER: "reader",
      CLICKHOUSE_PASSWORD: settings.CLICKHOUSE_READER_PASSWORD,
    });
    cleanup.defer(() => reader.close());
    const waited: Waited = { ms: 0 };
    const handle = await openHandler(timed(reader, waited));
    for (const { title, endpoint, params } of pageQuestions(until)) {
      const { statistics } = await capture(reader, endpoint, params);
      const panel = await load(
        1,
        async () => void (await handle(endpoint, params, { "cache-control": "no-cache" })),
      );
      const name = `page, ${title} (${endpoint})`;
      yield figure("query", `${name}, p50, against our goal`, percentile(panel.ms, 0.5), goal.panel, "ms");
      yield figure("query", `${name}, of the rows in a table`, statistics.rows_read, rows, "rows read");
    }
    for (const [name, params] of questions) {
      const { sent, statistics } = await capture(reader, name, params);
      progress(`${name} reads ${statistics.rows_read.toLocaleString("en")} rows`);
      const direct = async () => void (await (await reader.query(sent)).text());
      const ours = async () => void (await handle(name, params, { "cache-control": "no-cache" }));
      for (const connections of [1, 8, 32]) {
        const results = await interleave(rounds, {
          ours: () => load(connections, ours),
          direct: () => load(connections, direct),
        });
        const [mine, theirs] = [pool(results.ours), pool(results.direct)];
        const title = `${name}, ${connections} at a time`;
        for (const p of [0.5, 0.99])
          yield figure(
            "query",
            `${title}, p${p * 100}`,
            percentile(mine.ms, p),
            percentile(theirs.ms, p),
            "ms",
          );
        yield figure("query", title, mine.perSecond, theirs.perSecond, "requests/s");
      }
      const added = await load(1, async () => {
        waited.ms = 0;
        await ours();
        return waited.ms;
      });
      const title = `${name}, all but the wait for ClickHouse`;
      yield figure("query", `${title}, p50, against our goal`, percentile(added.ms, 0.5), goal.added, "ms");
      yield figure("query", `${title}, p99, against our goal`, percentile(added.ms, 0.99), goal.added, "ms");
    }
    const etag = (await handle("shadow_types", {}, {})).headers?.etag;
    const unchanged = await load(1, () => handle("shadow_types", {}, { "if-none-match": String(etag) }, 304));
    yield figure("query", "304, p50, against our goal", percentile(unchanged.ms, 0.5), goal.unchanged, "ms");
    yield figure("query", "304, p99, against our goal", percentile(unchanged.ms, 0.99), goal.unchanged, "ms");
  },
};

/** The function as API Gateway would call it. */
async function openHandler(reader: ClickHouseClient) {
  for (const name of ["CLICKHOUSE_URL", "CLICKHOUSE_PASSWORD", "CLICKHOUSE_READER_PASSWORD"])
    process.env[name] ??= name.endsWith("URL") ? "http://127.0.0.1:1" : "nobody";
  const { createHandler } = await import("../../functions/query/handler.ts");
  const handler = createHandler({
    ask: (question, given, comment) => ask(reader, question, given, comment),
    run: async () => Promise.reject(new Error("no SQL is asked here")),
    keys: openKeys({ client: reader, local: { read: "key" } }),
  });
  return async (
    name: string,
    params: Record<string, string>,
    headers: Record<string, string>,
    status = 200,
  ) => {
    const answer = await handler(
      {
        rawPath: `/v1/endpoints/${name}`,
        pathParameters: { name },
        queryStringParameters: params,
        headers: { authorization: "Bearer key", ...headers },
      } as unknown as HttpEvent,
      {} as Context,
    );
    if (answer.statusCode !== status) throw new Error(`${name} answered ${answer.statusCode}, not ${status}`);
    return answer;
  };
}

/** Milliseconds since it was set to 0 in which a request had nothing to do but wait for ClickHouse. */
interface Waited {
  ms: number;
}

/** A client that says how long it waited: until the text of an answer is there, its parsing not included. */
function timed(client: ClickHouseClient, waited: Waited): ClickHouseClient {
  const query = async (given: Sent) => {
    const before = performance.now();
    const answer = await client.query(given);
    return {
      json: async () => {
        const text = await answer.text();
        waited.ms += performance.now() - before;
        return JSON.parse(text);
      },
    };
  };
  return { query } as unknown as ClickHouseClient;
}

type Sent = Parameters<ClickHouseClient["query"]>[0];

/** What an endpoint sends to ClickHouse, and what ClickHouse says of it. */
async function capture(reader: ClickHouseClient, name: string, params: Record<string, string>) {
  let sent: Sent | undefined;
  const recorder = {
    query: ({ abort_signal: _, ...given }: Sent) => {
      sent = given; // without the deadline of this one request
      return reader.query(given);
    },
  } as unknown as ClickHouseClient;
  const { statistics } = await ask(recorder, endpoints.get(name) as Query, params);
  if (!sent) throw new Error(`${name} asked nothing`);
  return { sent, statistics };
}

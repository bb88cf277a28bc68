import type { ClickHouseClient } from "@clickhouse/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../../functions/lib/ask.ts";
import { endpoints } from "../../functions/lib/endpoints.ts";
import { HttpError } from "../../functions/lib/http.ts";
import type { Query } from "../../functions/lib/query.ts";
import { type ExampleServer, openExampleServer } from "./example-server.ts";
import { injections } from "./injections.ts";

let server: ExampleServer;
let reader: ClickHouseClient;

beforeAll(async () => {
  server = await openExampleServer();
  reader = server.client("reader");
});
afterAll(() => server.close());

test("there are several hundred of them", () => {
  expect(injections.length).toBeGreaterThan(600);
});

/** A client that keeps what would be sent, and answers nothing. */
function recorder() {
  const sent: { query: string; query_params?: Record<string, unknown> }[] = [];
  const client = {
    query: async (given: (typeof sent)[number]) => {
      sent.push(given);
      return { json: async () => ({ meta: [], data: [] }) };
    },
  } as unknown as ClickHouseClient;
  return { client, sent };
}

/** Half of them for each parameter, the other half for the next one; all for all in `npm run test:long`. */
const share = process.env.SLUICE_LONG ? 1 : 2;

const cases = [...endpoints.values()]
  .flatMap((query) => Object.keys(query.params.shape).map((param) => ({ name: query.name, param, query })))
  .map((one, at) => ({ ...one, tried: injections.filter((_, i) => (i + at) % share === 0) }));

describe.each(cases)("$name, parameter $param", ({ query, param, tried }) => {
  test("never changes the statement: a value is refused, or bound as it is", async () => {
    const usual = recorder();
    // Whether there is a value may choose between statements; which one may not.
    const plain = ["acme", "acme,other", "7"].map((value) => ({ [param]: value }));
    const isTaken = (given: object) => query.params.safeParse(given).success;
    const choices = [{}, ...enumerated(query), ...plain.filter(isTaken)];
    for (const given of choices) await ask(usual.client, query, given);
    const statements = new Set(usual.sent.map(({ query: sql }) => sql));
    const { client, sent } = recorder();
    const failures: unknown[] = [];
    for (const value of tried)
      await ask(client, query, { [param]: value }).catch((error: unknown) => {
        if (!(error instanceof HttpError && error.status === 400)) failures.push([value, error]);
      });
    expect(failures).toEqual([]);
    expect(sent.filter(({ query: sql }) => !statements.has(sql))).toEqual([]);
  });
});

/** Every choice of an enumerated parameter: those may choose between statements. */
function enumerated({ params }: Query): Record<string, string>[] {
  return Object.entries(params.shape).flatMap(([name, schema]) => {
    const options = (schema as { unwrap?: () => { options?: string[] } }).unwrap?.().options ?? [];
    return options.map((value) => ({ [name]: value }));
  });
}

/** Most for the first, and a part for the others: a query on the engine takes its time. */
const texts: [name: string, param: string, every: number][] = [
  ["chat_messages", "username", share],
  ["chat_messages_per_minute", "username", 20],
  ["commits_by_author", "repo", 20],
  ["commits_per_interval", "author", 20],
  ["quarantine_by_reason", "source", 20],
];

test.each(texts)(
  "%s answers them as %s on the real engine, with the rows of nobody",
  async (name, param, every) => {
    const query = endpoints.get(name) as Query;
    const told = async (value: string): Promise<string> => {
      try {
        const { data } = await ask(reader, query, { [param]: value });
        return JSON.stringify(data.map(({ interval_start: _, unix_time: __, ...row }) => row));
      } catch (error) {
        return error instanceof HttpError && error.status === 400 ? "refused" : `${value} → ${error}`;
      }
    };
    const nothing = await told("nobody at all");
    const tried = injections.filter((value, i) => value !== "" && i % every === 0);
    expect([nothing, "refused"]).toEqual(expect.arrayContaining([...new Set(await inTurns(tried, told))]));
  },
  180_000,
);

test("a cursor of their making finds nothing it should not, and never fails", async () => {
  const query = endpoints.get("chat_messages") as Query;
  const made = injections
    .filter((_, i) => i % 20 === 0)
    .flatMap((value) => [[value], ["2026-01-01 12:00:01.500", value], [value, value]]);
  const outcomes = await inTurns(made, async (values) => {
    const cursor = Buffer.from(JSON.stringify(values)).toString("base64url");
    const answer = await ask(reader, query, { cursor }).catch((error: unknown) => error);
    return answer instanceof HttpError
      ? answer.status
      : Array.isArray((answer as { data?: unknown }).data)
        ? 200
        : answer;
  });
  expect([200, 400]).toEqual(expect.arrayContaining([...new Set(outcomes)] as number[]));
}, 120_000);

/** Eight at a time. */
async function inTurns<Value, Outcome>(values: readonly Value[], one: (value: Value) => Promise<Outcome>) {
  const outcomes: Outcome[] = [];
  for (let at = 0; at < values.length; at += 8)
    outcomes.push(...(await Promise.all(values.slice(at, at + 8).map(one))));
  return outcomes;
}

test("nothing was written, dropped or left in a file", async () => {
  const { data } = await (
    await reader.query({ query: "SELECT count()::UInt8 AS n FROM user_messages" })
  ).json<{ n: number }>();
  expect(data).toEqual([{ n: 3 }]);
  const { existsSync } = await import("node:fs");
  expect(existsSync("/tmp/sluice-injected")).toBe(false);
});

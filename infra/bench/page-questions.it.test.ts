import { afterAll, beforeAll, expect, test } from "vitest";
import { ask } from "../../functions/lib/ask.ts";
import { endpoints } from "../../functions/lib/endpoints.ts";
import type { Query } from "../../functions/lib/query.ts";
import { type ExampleServer, openExampleServer } from "../test/example-server.ts";
import { pageQuestions } from "./page-questions.ts";
import { insertProductEvents } from "./product-rows.ts";
import { insertRows, until } from "./query-rows.ts";

/** In each of the tables. */
const rows = 1_000_000;
let server: ExampleServer;

beforeAll(async () => {
  server = await openExampleServer({ empty: true });
  await insertRows(server.client("default"), rows, () => {});
  await insertProductEvents(server.client("default"), rows, () => {});
});
afterAll(() => server.close());

test.each(pageQuestions(until).map((question) => [question.title, question] as const))(
  "%s is answered without reading the rows it is about",
  async (_, { endpoint, params }) => {
    const { data, statistics } = await ask(server.client("reader"), endpoints.get(endpoint) as Query, params);
    const tables = endpoint === "pipeline_lag" ? 4 : 1;
    expect(statistics.rows_read).toBeLessThan((tables * rows) / 2);
    if (!["quarantine_by_reason", "slow_queries"].includes(endpoint)) expect(data.length).toBeGreaterThan(0);
  },
);

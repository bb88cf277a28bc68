import { afterAll, beforeAll, expect, test } from "vitest";
import { ask } from "../../functions/lib/ask.ts";
import { endpoints } from "../../functions/lib/endpoints.ts";
import type { Query } from "../../functions/lib/query.ts";
import { type ExampleServer, openExampleServer } from "../test/example-server.ts";
import { pageQuestions } from "./page-questions.ts";
import { insertRows, until } from "./query-rows.ts";

const rows = 2_000_000;
let server: ExampleServer;

beforeAll(async () => {
  server = await openExampleServer({ empty: true });
  await insertRows(server.client("default"), rows, () => {});
});
afterAll(() => server.close());

/** Of product events, which are not inserted here. */
const product = [
  "events_daily",
  "events_funnel",
  "event_performance",
  "organizer_daily_metrics",
  "realtime_dashboard",
  "retention",
  "revenue_daily",
];

test.each(pageQuestions(until, product).map((question) => [question.title, question] as const))(
  "%s is answered without reading the rows it is about",
  async (_, { endpoint, params }) => {
    const { data, statistics } = await ask(server.client("reader"), endpoints.get(endpoint) as Query, params);
    expect(statistics.rows_read).toBeLessThan(rows / 2);
    if (!["quarantine_by_reason", "slow_queries"].includes(endpoint)) expect(data.length).toBeGreaterThan(0);
  },
);

import { expect, test } from "vitest";
import { eventsFunnel } from "../lib/queries/funnel.ts";
import { revenueDaily } from "../lib/queries/product.ts";
import type { Query } from "../lib/query.ts";
import { openScratch } from "../lib/testing.ts";

/** Four weeks of ten organizers: a user and an event belong to one of them, and to a few days. */
const past = `SELECT toDateTime64('2026-01-10 00:00:00', 3, 'UTC') + toIntervalMinute(number) AS timestamp, concat('o', toString(number % 10)) AS organizer_id,
    concat('u', toString(number % 10), '-', toString(intDiv(number, 1000))) AS user_id, replaceOne(user_id, 'u', 'e') AS event_id FROM numbers(40000)`;

/** What a table has beside that. */
const others: Record<string, [columns: string, values: string]> = {
  events: ["event_type", "'event_view'"],
  page_views: ["page_url", "'/'"],
  ticket_sales: ["quantity, price, currency", "1, 10, 'EUR'"],
};

/** The table a query is about with rows of its own, from two INSERTs: all of these, and then one. */
async function openTable(query: string) {
  const { client } = await openScratch();
  const [table, [columns, values]] =
    Object.entries(others).find(([name]) => new RegExp(`\\b${name}\\b`).test(query)) ?? expect.fail(query);
  await client.command({ query: `CREATE TABLE ${table} AS bilten_analytics.${table}` });
  for (const [batch, most] of [
    [1, 40_000],
    [2, 1],
  ])
    await client.command({
      query: `INSERT INTO ${table} (timestamp, organizer_id, user_id, event_id, ${columns}, in_batch)
        SELECT *, ${values}, ${batch} FROM (${past} LIMIT ${most})`,
    });
  /** By the name of each index, how many granules it left of how many. */
  return async (query_params: object = {}) => {
    const explain = `EXPLAIN indexes = 1 ${query.replaceAll("bilten_analytics.", "")}`;
    const plan = await (
      await client.query({ query: explain, query_params: { ...query_params }, format: "TabSeparatedRaw" })
    ).text();
    const steps = plan.matchAll(
      /^ +(?:Skip\n +Name: )?(Min-Max|Partition|PrimaryKey|by_\w+)\n(?:(?!Granules).*\n)*? +Granules: (\d+)\/(\d+)/gm,
    );
    return new Map([...steps].map(([, name, left, of]) => [name, [Number(left), Number(of)] as const]));
  };
}

const about = (query: Query, given: Record<string, string>) => {
  const params = query.params.parse(given);
  return [typeof query.sql === "function" ? query.sql(params) : (query.sql ?? ""), params] as const;
};
const counting = (where: string, table = "events") =>
  [`SELECT uniqExact(page_url) FROM ${table} WHERE ${where}`] as const;

test.each<[what: string, index: string, asked: readonly [query: string, params?: object]]>([
  ["a day", "Min-Max", counting("timestamp >= '2026-01-20 00:00:00' AND timestamp < '2026-01-21 00:00:00'")],
  [
    "an organizer's events of a type, of a day",
    "PrimaryKey",
    counting("organizer_id = 'o3' AND event_type = 'event_view' AND toDate(timestamp) = '2026-01-20'"),
  ],
  ["what is about one event", "by_event", counting("event_id = 'e7-7'")],
  ["what one user did", "by_user", counting("user_id = 'u7-7'")],
  ["what one user saw", "by_user", counting("user_id = 'u7-7'", "page_views")],
  ["what one user bought", "by_user", ["SELECT sum(price) FROM ticket_sales WHERE user_id = 'u7-7'"]],
  ["one event's funnel", "by_event", about(eventsFunnel, { event_id: "e7-7", since: "2026-01-01" })],
  ["one event's revenue", "by_event", about(revenueDaily, { event_id: "e7-7", since: "2026-01-01" })],
  ["a batch", "by_batch", counting("_batch = 2")],
  [
    "what came in since a roll-up",
    "by_insertion",
    counting("_inserted_at > (SELECT max(_inserted_at) - INTERVAL 1 MILLISECOND FROM events)"),
  ],
])("%s is found without reading the rest: %s leaves granules out", async (_what, index, [query, params]) => {
  const explain = await openTable(query);
  const [left, of] = (await explain(params)).get(index) ?? [0, 0];
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThan(of);
});

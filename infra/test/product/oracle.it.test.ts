import { randomUUID } from "node:crypto";
import { createClient } from "@clickhouse/client";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { createHandler as createCollector } from "../../../functions/collect-events/handler.ts";
import { ask } from "../../../functions/lib/ask.ts";
import { openKeys } from "../../../functions/lib/keys.ts";
import { eventsFunnel } from "../../../functions/lib/queries/funnel.ts";
import { eventsDaily, revenueDaily } from "../../../functions/lib/queries/product.ts";
import type { Query } from "../../../functions/lib/query.ts";
import { openStore } from "../../../functions/lib/store.ts";
import { createHandler as createRollUp } from "../../../functions/roll-up-metrics/handler.ts";
import { createHandler as createStorer } from "../../../functions/store-events/handler.ts";
import { createRandom, type Random } from "../../generate/random.ts";
import { deliver, flaky, Log, toRequest } from "./deliver.ts";
import { expectFigures, expectFunnel } from "./oracle.ts";
import { type Fact, makeFacts, sentAt, toBody } from "./traffic.ts";

const events = Number(process.env.SLUICE_ORACLE_EVENTS ?? 20_000);
const seed = Number(process.env.SLUICE_ORACLE_SEED ?? 7);

/**
 * Sends each fact, out of order: one in ten again later in the same words, one in twenty as another event under its id. Now and then
 * a client sends a whole request again, because it has not heard the answer.
 */
async function send(random: Random, facts: Fact[]): Promise<{ log: Log; sent: Fact[] }> {
  const sent: Fact[] = [...facts];
  for (const fact of facts) {
    if (random(10) === 0) sent.push({ ...fact });
    if (random(20) === 0)
      sent.push({
        ...fact,
        type: "click",
        at: fact.at + 86_400_000,
        sale: undefined,
        loadTime: undefined,
        duration: undefined,
      });
  }
  // In the order of a site's life, within two days; one in fifty comes months later.
  const arrival = new Map(
    sent.map((fact) => [fact, fact.at + (random(50) === 0 ? random(180) : random(2)) * 86_400_000]),
  );
  sent.sort((a, b) => (arrival.get(a) ?? 0) - (arrival.get(b) ?? 0));
  const log = new Log();
  const keys = openKeys({ client: createClient({ url: "http://127.0.0.1:1" }), local: { write: "w" } });
  const collect = createCollector({
    produce: async (_topic, messages) => log.append(messages),
    keys,
    untilQueryable: async () => true,
    now: () => sentAt,
  });
  for (let from = 0; from < sent.length; ) {
    const size = 1 + random(random(5) === 0 ? 2000 : 200);
    const bodies = sent.slice(from, from + size).map((fact) => JSON.stringify(toBody(random, fact)));
    if (random(10) === 0) bodies.push('{"event_type":}');
    const request = toRequest(random, bodies);
    for (let times = random(10) === 0 ? 2 : 1; times > 0; times--) {
      const { statusCode, body } = await collect(request, {} as never);
      if (statusCode !== 202) throw new Error(`${statusCode}: ${body}`);
    }
    from += size;
  }
  return { log, sent };
}

const { clickhouseUrl: url, passwords } = inject("services");
const client = createClient({ url, password: passwords.default, use_multipart_params_auto: true });
const store = openStore(client);
afterAll(() => client.close());

let sent: Fact[];
let expected: Record<string, string[]>;
const name = `oracle ${randomUUID()}`;

beforeAll(async () => {
  const random = createRandom(seed);
  const { log, sent: all } = await send(random, makeFacts(random, events, name));
  sent = all;
  // A batch has at most 10,000 records, of four partitions here.
  const most = Math.min(2500, Math.max(10, events / 10));
  // Two environments at once, each with partitions of its own.
  await Promise.all(
    [log.partitions.slice(0, 4), log.partitions.slice(4)].map((partitions, index) => {
      const own = createRandom(seed + index);
      return deliver(own, partitions, most, () => createStorer(flaky(store, own)));
    }),
  );
  await createRollUp(store)({});
  expected = expectFigures(sent);
}, 3_600_000);

const mine = `WHERE startsWith(organizer_id, '${name} ')`;
const people = "unique_users, unique_sessions";
const visitors = "unique_visitors, unique_sessions";

/** How the product is asked for each figure: the columns before the bar are its key. */
const questions: Record<string, string> = {
  events: `SELECT concat(count(), ' rows') FROM events ${mine}`,
  page_views: `SELECT concat(count(), ' rows') FROM page_views ${mine}`,
  ticket_sales: `SELECT concat(count(), ' rows, ', sum(quantity), ' tickets') FROM ticket_sales ${mine}`,
  events_hourly_mv: `SELECT hour, organizer_id, event_id, event_type, '=', event_count, ${people} FROM events_hourly_mv ${mine}`,
  organizer_daily_metrics_mv: `SELECT date, organizer_id, '=', total_events, ${visitors}, page_views, ticket_purchases, event_views, registrations
    FROM organizer_daily_metrics_mv ${mine}`,
  event_performance_mv: `SELECT date, organizer_id, event_id, '=', total_interactions, ${visitors}, views, purchases, shares, favorites, toDecimalString(avg_duration, 6)
    FROM event_performance_mv ${mine}`,
  user_funnel_mv: `SELECT date, organizer_id, event_id, '=', step1_views, step2_ticket_views, step3_checkout_starts, step4_payment_info,
    step5_purchases, unique_users_in_funnel FROM user_funnel_mv ${mine}`,
  realtime_dashboard_mv: `SELECT interval_start, organizer_id, '=', total_events, active_users, active_sessions, page_views, purchases, errors,
    toDecimalString(avg_load_time, 6) FROM realtime_dashboard_mv ${mine}`,
  metrics_daily: `SELECT date, organizer_id, event_id, metric_name, dimensions['currency'], '=',
    if(metric_name = 'revenue', toDecimalString(metric_value, 4), toString(metric_value)) FROM metrics_daily ${mine}`,
};

async function tell(question: string): Promise<string[]> {
  const query = question.replace(/ FROM (\w+)/, " FROM bilten_analytics.$1");
  const answer = await client.query({ query, format: "JSONCompactEachRow" });
  const rows = await answer.json<(string | number | null)[]>();
  return rows.map(toLine).sort();
}

function toLine(row: (string | number | null)[]): string {
  const equals = row.indexOf("=");
  if (equals < 0) return row.join(" ");
  return `${row.slice(0, equals).join(" | ")} = ${row
    .slice(equals + 1)
    .map(String)
    .join(" ")}`;
}

const organizers = Array.from({ length: 5 }, (_, index) => `${name} o${index}`);

/** The rows of an endpoint for every organizer. */
async function tellEndpoint(
  query: Query,
  given: Record<string, string>,
  line: (row: Record<string, unknown>) => string,
) {
  const answers = await Promise.all(
    organizers.map((organizer_id) => ask(client, query, { organizer_id, ...given })),
  );
  return answers.flatMap(({ data }) => data.map(line)).sort();
}

test.each(Object.entries(questions))(
  "%s is what the oracle says, to the last row",
  async (figure, question) => {
    const told = await tell(question);
    expect(told.length).toBeGreaterThan(0);
    expect(told).toEqual(expected[figure]);
  },
);

const berlin = { timezone: "Europe/Berlin", limit: "10000" };

test("events_daily and revenue_daily are, by the days of a zone whose clocks change", async () => {
  const { events_daily, revenue_daily } = expected;
  expect(
    await tellEndpoint(
      eventsDaily,
      berlin,
      (row) => `${row.date} | ${row.organizer_id} = ${row.events} ${row.unique_users} ${row.unique_sessions}`,
    ),
  ).toEqual(events_daily);
  expect(
    await tellEndpoint(revenueDaily, berlin, (row) =>
      [
        `${row.date} | ${row.organizer_id} | ${row.currency} = ${Number(row.revenue).toFixed(4)}`,
        `${row.transactions} ${row.tickets} ${row.unique_buyers}`,
      ].join(" "),
    ),
  ).toEqual(revenue_daily);
});

test.each([
  ["event_view,ticket_purchase", 3_600],
  ["event_view,ticket_view,checkout_start,payment_info,ticket_purchase", 1_800],
  ["event_view,ticket_view,checkout_start", 30],
  ["ticket_purchase,event_view", 86_400 * 30],
])("events_funnel is, for %s within %i seconds", async (steps, window) => {
  for (const organizer_id of organizers) {
    const { data } = await ask(client, eventsFunnel, { steps, window: `${window}`, organizer_id });
    const users = expectFunnel(sent, organizer_id, steps.split(","), window * 1000);
    expect(data.map((row) => row.users)).toEqual(users);
    expect(users[0]).toBeGreaterThan(0);
  }
});

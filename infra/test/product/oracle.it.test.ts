import { randomUUID } from "node:crypto";
import { createClient } from "@clickhouse/client";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { ask } from "../../../functions/lib/ask.ts";
import { eventsDaily } from "../../../functions/lib/queries/events-daily.ts";
import { eventsFunnel } from "../../../functions/lib/queries/funnel.ts";
import { revenueDaily } from "../../../functions/lib/queries/product.ts";
import type { Query } from "../../../functions/lib/query.ts";
import { openStore } from "../../../functions/lib/store.ts";
import { createHandler as createRollUp } from "../../../functions/roll-up-metrics/roll-up.ts";
import { createHandler as createStorer } from "../../../functions/store-events/handler.ts";
import { createRandom } from "../../generate/random.ts";
import { deliver, flaky, Log } from "./deliver.ts";
import { questionsOf, tell } from "./figures.ts";
import { expectFigures, expectFunnel } from "./oracle.ts";
import { send } from "./send.ts";
import { type Fact, makeFacts } from "./traffic.ts";

const events = Number(process.env.SLUICE_ORACLE_EVENTS ?? 10_000);
const seed = Number(process.env.SLUICE_ORACLE_SEED ?? 7);

const { clickhouseUrl: url, passwords } = inject("services");
const client = createClient({ url, password: passwords.default, use_multipart_params_auto: true });
const store = openStore(client);
afterAll(() => client.close());

let sent: Fact[];
let expected: Record<string, string[]>;
const name = `oracle ${randomUUID()}`;

beforeAll(async () => {
  const random = createRandom(seed);
  const log = new Log();
  sent = await send(random, makeFacts(random, events, name), async (_topic, messages) =>
    log.append(messages),
  );
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

test.each(Object.entries(questionsOf(name)))(
  "%s is what the oracle says, to the last row",
  async (figure, question) => {
    const told = await tell(client, question);
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

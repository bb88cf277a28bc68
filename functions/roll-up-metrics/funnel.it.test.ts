import { randomUUID } from "node:crypto";
import { TupleParam } from "@clickhouse/client";
import { expect, test } from "vitest";
import { ask } from "../lib/ask.ts";
import { eventsFunnel } from "../lib/queries/funnel.ts";
import { createDraw, openScratch } from "../lib/testing.ts";
import { createHandler } from "./roll-up.ts";

const day = 86_400_000;
const dateOf = (at: number) => new Date(at).toISOString().slice(0, 10);

/** Days from `first` on (epoch milliseconds), in which nobody but the test's own users does anything. */
async function openDays(first: number) {
  const { client, store, select } = await openScratch();
  const organizer_id = `org ${randomUUID()}`;
  const rollUp = createHandler(store);
  const funnel = async (since: number, until: number, given = {}) => {
    const range = { since: new Date(since).toISOString(), until: new Date(until).toISOString() };
    const { data } = await ask(client, eventsFunnel, { ...range, ...given });
    return data.map(({ users }) => Number(users));
  };
  return {
    first,
    client,
    select,
    /** @param came when they came in, as SQL; now, when it is left out. */
    did: (rows: [user: string, type: string, at: number][], came = "now64(3)") =>
      client.command({
        query: `INSERT INTO bilten_analytics.events (organizer_id, user_id, event_type, timestamp, _inserted_at)
          SELECT {organizer_id: String}, concat({organizer_id: String}, ' ', row.1), row.2, fromUnixTimestamp64Milli(row.3), ${came}
          FROM (SELECT arrayJoin({rows: Array(Tuple(String, String, Int64))}) AS row)`,
        query_params: { organizer_id, rows: rows.map((row) => new TupleParam(row)) },
        clickhouse_settings: { insert_allow_materialized_columns: 1 },
      }),
    rollUp: async (...days: number[]) => {
      await rollUp({});
      await rollUp({ days: days.map((n) => dateOf(first + n * day)) });
    },
    /** Of everybody; and the same event by event, as it is asked of one organizer. */
    funnel,
    exact: (since: number, until: number) => funnel(since, until, { organizer_id }),
  };
}

const steps = ["event_view", "ticket_view", "checkout_start", "payment_info", "ticket_purchase"];
const longAgo = "now64(3) - INTERVAL 1 DAY";

test("a funnel of everybody from days that were rolled up is what one finds event by event, wherever the range cuts, whatever came late", async () => {
  const { first, did, rollUp, funnel, exact } = await openDays(Date.UTC(2102, 4, 28));
  const random = createDraw();
  const draw = (count: number) =>
    Array.from({ length: count }, (): [string, string, number] => {
      const moment = [random(day), day - 1 - random(1000), random(1000)][random(3)] ?? 0;
      return [`${random(25)}`, steps[random(5)] ?? "", first + random(7) * day + moment];
    });
  const ranges = [
    [-day, 9 * day],
    [0, 7 * day - 1],
    [0, 4 * day - 1],
    [1, 5 * day - 2],
    [day + 4_000_000, 5 * day + 1_234_567],
    [2 * day, 4 * day - 1],
    [2 * day, 4 * day - 2],
    [3 * day + 900_000, 3 * day + 1_800_000],
  ].map(([since = 0, until = 0]) => [first + since, first + until] as const);
  const expectSame = async () => {
    for (const [since, until] of ranges)
      expect({ since, told: await funnel(since, until) }).toEqual({ since, told: await exact(since, until) });
  };
  await did(draw(600), longAgo);
  await expectSame();
  await rollUp(0, 1, 2, 3, 4, 5, 6);
  await expectSame();
  expect(await exact(first, first + 7 * day)).toEqual([25, 21, 11, 6, 0]);
  await did(draw(20));
  await expectSame();
  await rollUp(0, 1, 2, 3, 4, 5, 6);
  await expectSame();
});

test("days that were rolled up are read from the roll-up alone, until something comes in for them or the day after", async () => {
  const { first, client, select, did, rollUp, funnel } = await openDays(Date.UTC(2103, 4, 28));
  const begin = (n: number): [string, string, number] => ["ann", "event_view", first + n * day];
  await did([0, 1, 2, 3, 4].map(begin), longAgo);
  await rollUp(0, 1, 2, 3, 4);
  const users = async () => (await funnel(first, first + 5 * day - 1))[0];
  expect(await users()).toBe(1);
  // Somebody who is in nothing but the roll-up.
  const ghost = (n: number) =>
    client.insert({
      table: "bilten_analytics.funnel_daily",
      values: [
        { date: dateOf(first + n * day), user_id: `ghost ${n}`, reached: 1, rolled_up_at: 4_000_000_000 },
      ],
      format: "JSONEachRow",
    });
  for (const n of [0, 1, 2, 3, 4]) await ghost(n);
  expect(await users()).toBe(5); // Of the last day nobody knows yet what was begun on it.
  await did([begin(2)]);
  expect(await users()).toBe(3);
  expect(
    await select(
      `SELECT count()::UInt8 AS n FROM bilten_analytics.funnel_daily WHERE date = '${dateOf(first)}'`,
    ),
  ).toEqual([{ n: 2 }]);
});

test("what a day says is written anew only where it has changed, and gone when its events are", async () => {
  const { first, client, select, did, rollUp } = await openDays(Date.UTC(2104, 4, 28));
  const stored = () =>
    select(
      `SELECT date, splitByChar(' ', user_id)[3] AS user, reached FROM bilten_analytics.funnel_daily
       WHERE date BETWEEN '${dateOf(first - day)}' AND '${dateOf(first + 3 * day)}' ORDER BY rolled_up_at, date, user`,
    );
  await did([
    ["ann", "event_view", first + day - 1],
    ["ann", "ticket_view", first + 2 * day - 1],
    ["bob", "ticket_view", first],
  ]);
  await rollUp(0, 1);
  await rollUp(0, 1);
  expect(await stored()).toEqual([{ date: dateOf(first), user: "ann", reached: 2 }]);
  const query = `ALTER TABLE bilten_analytics.events DELETE WHERE event_type = 'ticket_view' AND toYear(timestamp) = 2104`;
  await client.command({ query, clickhouse_settings: { mutations_sync: "1" } });
  await rollUp(1);
  expect((await stored()).at(-1)).toEqual({ date: dateOf(first), user: "ann", reached: 1 });
});

import * as z from "zod";
import type { Invocation } from "../lib/consume.ts";
import { log } from "../lib/log.ts";
import type { Store } from "../lib/store.ts";
import { findDays, finish, rollUp, rollUpFunnel } from "./statements.ts";

/** A schedule's event names no days; somebody who deleted rows, or wants to be sure, may name some. */
const request = z.object({ days: z.array(z.iso.date()).optional() });

/**
 * Brings `bilten_analytics.metrics_daily` and `funnel_daily` up to date: every day of which rows came in since the last time is
 * counted anew from the tables, so late rows heal their day. A second run writes nothing; one that dies is done again by the next.
 * @throws StoreError when ClickHouse does not answer; the next run begins where this one began.
 */
export const createHandler = (store: Store) => async (event: unknown, invocation?: Invocation) => {
  const bounded = invocation ? store.within(() => invocation.getRemainingTimeInMillis()) : store;
  const { days: asked } = request.catch({}).parse(event);
  const [found] = await bounded.select<{ began_at: string; days: string[] }>(findDays, {});
  const { began_at, days } = { began_at: found?.began_at, days: asked ?? found?.days ?? [] };
  for (const month of byMonth(days)) await bounded.execute(rollUp, { began_at, days: month });
  // What was begun on the day before may have gone on on these.
  const begun = [...new Set([...days, ...days.map(dayBefore)])];
  for (const month of byMonth(begun)) await bounded.execute(rollUpFunnel, { began_at, days: month });
  if (asked === undefined) await bounded.execute(finish, { began_at, days: days.length });
  log("info", "roll-up-metrics", { days: days.length });
  return { days: days.length };
};

/** One month is one part of a table: an INSERT that breaks off has written all of it or nothing. */
const byMonth = (days: string[]) => Map.groupBy(days, (day) => day.slice(0, 7)).values();

/** Of `2026-03-01`, `2026-02-28`. */
const dayBefore = (day: string) => new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10);

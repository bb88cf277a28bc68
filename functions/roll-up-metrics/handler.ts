import * as z from "zod";
import { clickhouseVariables, openClickHouse } from "../lib/clickhouse.ts";
import type { Invocation } from "../lib/consume.ts";
import { readEnv } from "../lib/env.ts";
import { log } from "../lib/log.ts";
import { openStore, type Store } from "../lib/store.ts";
import { findDays, finish, rollUp } from "./statements.ts";

/** A schedule's event names no days; somebody who deleted rows, or wants to be sure, may name some. */
const request = z.object({ days: z.array(z.iso.date()).optional() });

/**
 * Brings `bilten_analytics.metrics_daily` up to date: every day of which rows came in since the last time is counted anew from the
 * tables, so late rows heal their day. A second run writes nothing; one that dies is done again by the next.
 * @throws StoreError when ClickHouse does not answer; the next run begins where this one began.
 */
export const createHandler = (store: Store) => async (event: unknown, invocation?: Invocation) => {
  const bounded = invocation ? store.within(() => invocation.getRemainingTimeInMillis()) : store;
  const { days: asked } = request.catch({}).parse(event);
  const [found] = await bounded.select<{ began_at: string; days: string[] }>(findDays, {});
  const { began_at, days } = { began_at: found?.began_at, days: asked ?? found?.days ?? [] };
  // One month is one part of the table: an INSERT that breaks off has written all of it or nothing.
  for (const month of Map.groupBy(days, (day) => day.slice(0, 7)).values())
    await bounded.execute(rollUp, { began_at, days: month });
  if (asked === undefined) await bounded.execute(finish, { began_at, days: days.length });
  log("info", "roll-up-metrics", { days: days.length });
  return { days: days.length };
};

export const handler = createHandler(openStore(openClickHouse(readEnv(clickhouseVariables))));

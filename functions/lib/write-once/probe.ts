import { setTimeout as sleep } from "node:timers/promises";
import { type Store, StoreError } from "../store.ts";
import type { Placed, Table } from "./table.ts";

/** A batch of an earlier delivery, as its rows in the table tell it. */
export interface FoundBatch {
  id: string;
  /** How many rows it was written with. */
  rows: number;
}

/** Which of the asked identities the table has, and which batches brought them. */
export interface Found {
  keys: Set<string>;
  batches: FoundBatch[];
}

/** Rows without an identity are never found. */
export async function findKnown<Row, Place>(
  store: Store,
  table: Table<Row, Place>,
  rows: Placed<Row, Place>[],
): Promise<Found> {
  const { key, keyOfRow, find } = table.identity;
  const places = rows.map(({ place }) => place).filter((place) => key(place) !== undefined);
  if (places.length === 0) return { keys: new Set(), batches: [] };
  const { where, params } = find(places);
  const found = await store.select<{ key: string; batch: string; batch_rows: number }>(
    `SELECT DISTINCT ${keyOfRow} AS key, toString(_batch) AS batch, _batch_rows AS batch_rows FROM ${table.name} WHERE ${where}`,
    params,
  );
  const asked = new Set(places.map(key));
  const ours = found.filter((row) => asked.has(row.key));
  const batches = new Map(ours.map(({ batch, batch_rows }) => [batch, { id: batch, rows: batch_rows }]));
  return { keys: new Set(ours.map((row) => row.key)), batches: [...batches.values()] };
}

/** Whether any row of a batch is in the table. */
export async function isWritten(store: Store, table: string, batch: string): Promise<boolean> {
  const query = `SELECT 1 FROM ${table} WHERE _batch = {batch: UInt128} LIMIT 1`;
  return (await store.select(query, { batch })).length > 0;
}

/**
 * An invocation that timed out may have left its INSERT running on the server: what it writes cannot be found yet.
 * Waits until no INSERT of these lanes runs. Must be over before `findKnown` is asked.
 * @throws StoreError when one still runs near the deadline.
 */
export async function untilQuiet(store: Store, table: string, lanes: string[]): Promise<void> {
  const query = `SELECT Settings['log_comment'] AS comment FROM system.processes WHERE startsWith(comment, {mark: String})`;
  for (let pause = 20; ; pause = Math.min(pause * 2, 500)) {
    const running = await store.select<{ comment: string }>(query, { mark: markOf(table) });
    if (!running.some(({ comment }) => sharesLane(comment, lanes))) return;
    if (store.remainingMs() < pause + 1000) {
      throw new StoreError(`ClickHouse, ${table}: an INSERT of an earlier invocation is still running`, true);
    }
    await sleep(pause);
  }
}

const markOf = (table: string) => `write-once ${table} `;

/** What a running INSERT says of itself in `log_comment`: the table, its token, the attempt, and the lanes it holds. */
export const commentOf = (table: string, id: string, attempt: number, lanes: string[]): string =>
  `${markOf(table)}${id}:${attempt} ${lanes.length > 64 ? "*" : lanes.join(" ")}`;

function sharesLane(comment: string, lanes: string[]): boolean {
  const held = comment.split(" ").slice(3);
  return held.includes("*") || lanes.length > 64 || held.some((lane) => lanes.includes(lane));
}

import type { Store } from "../store.ts";
import type { Table } from "./table.ts";

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

export const nothing: Found = { keys: new Set(), batches: [] };

/** Places without an identity are never found. */
export async function findKnown<Row, Place>(
  store: Store,
  table: Table<Row, Place>,
  places: Place[],
): Promise<Found> {
  const { key, keyOfRow, find } = table.identity;
  const wanted = find(places);
  if (wanted === undefined) return nothing;
  const { where, params } = wanted;
  const found = await store.select<{ key: string; batch: string; batch_rows: number }>(
    `SELECT DISTINCT ${keyOfRow} AS key, toString(_batch) AS batch, _batch_rows AS batch_rows FROM ${table.name} WHERE ${where}`,
    params,
  );
  if (found.length === 0) return nothing;
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

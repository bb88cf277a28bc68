import { type Store, StoreError } from "../store.ts";
import { type Batch, columnsOf, makeBatch, makeBatches } from "./batch.ts";
import { commentOf, findKnown, isWritten, untilQuiet } from "./probe.ts";
import { repairViews } from "./repair.ts";
import type { Placed, Refused, Table, Written } from "./table.ts";

/** Where a batch was read: `<topic>:<partition>` or a queue. One invocation holds a lane at a time. */
export type Lanes = string[];

/**
 * Writes each row unless a row of the same identity is in the table: into the table once, and into each of its
 * materialized views once. Rows whose source gave no identity count at least once.
 *
 * Begun with the lanes alone, so that the check for an earlier invocation's INSERT runs while the batch is decoded.
 * @throws StoreError when the outcome is not known to be complete; the same call again completes it.
 */
export function beginWrite<Row, Place>(store: Store, table: Table<Row, Place>, lanes: Lanes) {
  const quiet = lanes.length === 0 ? Promise.resolve() : untilQuiet(store, table.name, lanes);
  quiet.catch(() => {}); // Thrown where it is awaited.
  return async <P extends Placed<Row, Place>>(rows: P[]): Promise<Written<P>> => {
    await quiet;
    const distinct = firstOfEach(table, rows);
    const probing = findKnown(store, table, distinct);
    probing.catch(() => {});
    const hopeful = makeBatches(table, distinct); // Encoded while the probe runs: nearly always nothing is found.
    const found = await probing;
    await repairViews(store, table, found.batches);
    const missing = distinct.filter(({ place }) => !found.keys.has(table.identity.key(place) ?? ""));
    const batches = missing.length === distinct.length ? hopeful : makeBatches(table, missing);
    const refused: Refused<P>[] = [];
    for (const batch of batches) refused.push(...(await insert(store, table, batch, lanes)));
    return {
      inserted: missing.length - refused.length,
      duplicates: rows.length - missing.length,
      refused,
    };
  };
}

/** A publisher's retry can put copies of one message into one batch. */
function firstOfEach<Row, Place, P extends Placed<Row, Place>>(
  { identity }: Table<Row, Place>,
  rows: P[],
): P[] {
  const seen = new Set<string>();
  return rows.filter(({ place }) => {
    const key = identity.key(place);
    if (key === undefined) return true;
    return seen.size < seen.add(key).size;
  });
}

/**
 * Inserts a batch; rows that the table refuses are told apart by halving and given back. Halves are batches of their own,
 * so nothing of the whole may have been written: a view that refuses a row leaves the table with all of them.
 */
async function insert<Row, Place, P extends Placed<Row, Place>>(
  store: Store,
  table: Table<Row, Place>,
  batch: Batch<P>,
  lanes: Lanes,
): Promise<Refused<P>[]> {
  const comment = (attempt: number) => commentOf(table.name, batch.id, attempt, lanes);
  const refusal = await store.insert(table.name, columnsOf(table), batch.body, batch.id, comment);
  if (refusal === undefined) return [];
  if (await isWritten(store, table.name, batch.id)) {
    throw new StoreError(
      `ClickHouse, a materialized view of ${table.name}: ${refusal} (mend the view)`,
      false,
    );
  }
  const [only, ...others] = batch.rows;
  if (only !== undefined && others.length === 0) return [{ row: only, detail: refusal }];
  const middle = Math.ceil(batch.rows.length / 2);
  return [
    ...(await insert(store, table, makeBatch(table, batch.rows.slice(0, middle)), lanes)),
    ...(await insert(store, table, makeBatch(table, batch.rows.slice(middle)), lanes)),
  ];
}

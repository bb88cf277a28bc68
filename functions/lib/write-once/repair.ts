import { log } from "../log.ts";
import type { Store } from "../store.ts";
import { splitName } from "../target.ts";
import { columnsOf } from "./batch.ts";
import type { FoundBatch } from "./probe.ts";
import type { Table } from "./table.ts";

/** How many later batches a token outlives at least: half of the table's deduplication window. */
const safeWindow = 5000;

/**
 * Completes the materialized views of batches that were found in the table. A server that died between writing the table
 * and its views leaves them without the batch; writing the batch again from the table, under its own token, is dropped by
 * the table and taken by every view that misses it.
 *
 * Not done, and said so, for a batch whose token may have left the deduplication window: repeating it would count twice.
 */
export async function repairViews<Row, Place>(
  store: Store,
  table: Table<Row, Place>,
  batches: FoundBatch[],
): Promise<void> {
  if (batches.length === 0 || !(await hasViews(store, table.name))) return;
  for (const batch of batches) await repair(store, table, batch);
}

async function repair<Row, Place>(store: Store, table: Table<Row, Place>, batch: FoundBatch): Promise<void> {
  const [state] = await store.select<{ rows: number; later: number }>(
    `SELECT count() AS rows,
       (SELECT uniqExact(_batch) FROM ${table.name} WHERE _inserted_at >= (SELECT min(_inserted_at) FROM ${table.name} WHERE _batch = {batch: UInt128})) AS later
     FROM ${table.name} WHERE _batch = {batch: UInt128}`,
    { batch: batch.id },
  );
  if (state?.rows !== batch.rows || state.later > safeWindow) {
    log("warn", "views in doubt", { table: table.name, batch: batch.id, expected: batch.rows, ...state });
    return;
  }
  const columns = columnsOf(table);
  const stored = columns.map((name) => name.replace(/^in_/, "_"));
  const select = `SELECT ${stored.join(", ")} FROM ${table.name} WHERE _batch = {batch: UInt128} ORDER BY ALL`;
  await store.replay(table.name, columns, select, { batch: batch.id }, batch.id);
}

async function hasViews(store: Store, table: string): Promise<boolean> {
  const [row] = await store.select<{ views: number }>(
    `SELECT length(dependencies_table) AS views FROM system.tables
     WHERE database = if({database: String} = '', currentDatabase(), {database: String}) AND name = {name: String}`,
    splitName(table),
  );
  return (row?.views ?? 0) > 0;
}

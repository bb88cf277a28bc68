import { type Condition, isOneOf } from "../identity.ts";
import { log } from "../log.ts";
import type { Store } from "../store.ts";
import { batchColumns, columnsOf } from "./batch.ts";
import type { FoundBatch } from "./probe.ts";
import type { Table } from "./table.ts";
import { type Reached, readViewTree } from "./view-tree.ts";

/**
 * Completes the materialized views of batches that were found in the table. A server that died between writing the table
 * and its views leaves them without the batch; writing the batch again from the table, under its own token, is dropped by
 * the table and taken by every view that misses it.
 *
 * Only for batches of which something is delivered again: whatever else brings a known row (a publisher that sent twice) says
 * nothing of the batch it is in. And not, but said so, for a batch whose token may have left a deduplication window: repeating
 * it would count twice.
 * @param places of the rows that were found.
 */
export async function repairViews<Row, Place>(
  store: Store,
  table: Table<Row, Place>,
  batches: FoundBatch[],
  places: Place[],
): Promise<void> {
  const again = batches.length > 0 ? table.identity.again(places) : undefined;
  if (again === undefined) return;
  const [tree, unsettled] = await Promise.all([
    readViewTree(store, table.name),
    keepUnsettled(store, table, batches, again),
  ]);
  if (tree.length < 2) return;
  const limit = unsettled.length > 0 ? await safeAge(store, tree) : 0;
  for (const batch of unsettled) await repair(store, table, batch, limit);
}

async function keepUnsettled<Row, Place>(
  store: Store,
  { name }: Table<Row, Place>,
  batches: FoundBatch[],
  { where, params }: Condition,
): Promise<FoundBatch[]> {
  const ids = isOneOf(
    "_batch",
    "UInt128",
    batches.map(({ id }) => BigInt(id)),
  );
  const found = await store.select<{ batch: string }>(
    `SELECT DISTINCT toString(_batch) AS batch FROM ${name} WHERE ${ids.where} AND (${where})`,
    { ...params, ...ids.params },
  );
  const unsettled = new Set(found.map(({ batch }) => batch));
  return batches.filter(({ id }) => unsettled.has(id));
}

/** An INSERT may touch so many partitions of a table, and takes a place in its window for each: `max_partitions_per_insert_block`. */
const mostPartitions = 100;

/**
 * How many INSERTs later every table of the tree still knows a batch: half of what its window holds, because other tables may
 * feed it too. 0 when one has no window: there, repeating a batch always counts twice.
 */
async function safeAge(store: Store, tree: Reached[]): Promise<number> {
  const split = tree.filter(({ partitionKey }) => partitionKey !== "").map(({ name }) => name);
  const counted = await store.select<{ name: string; partitions: number }>(
    `SELECT concat(database, '.', table) AS name, toUInt32(uniqExact(partition_id)) AS partitions FROM system.parts
     WHERE active AND name IN {tables: Array(String)} GROUP BY name`,
    { tables: split },
  );
  const partitions = new Map(counted.map((one) => [one.name, Math.min(one.partitions + 1, mostPartitions)]));
  // The batches of the table itself are of one partition each.
  const ages = tree.map(({ name, view, window }) => window / 2 / (view ? (partitions.get(name) ?? 1) : 1));
  return Math.min(...ages);
}

async function repair<Row, Place>(
  store: Store,
  table: Table<Row, Place>,
  batch: FoundBatch,
  limit: number,
): Promise<void> {
  const [state] = await store.select<{ rows: number; later: number }>(
    `SELECT toUInt32(count()) AS rows, (
       SELECT toUInt32(uniqExact(_batch, _inserted_at)) FROM ${table.name}
       WHERE _inserted_at >= (SELECT min(_inserted_at) FROM ${table.name} WHERE _batch = {batch: UInt128})
     ) AS later
     FROM ${table.name} WHERE _batch = {batch: UInt128}`,
    { batch: batch.id },
  );
  if (state?.rows !== batch.rows || state.later > limit) {
    log("warn", "views in doubt", {
      table: table.name,
      batch: batch.id,
      expected: batch.rows,
      ...state,
      limit,
    });
    return;
  }
  const columns = [...columnsOf(table), ...batchColumns];
  const stored = columns.map((name) => name.replace(/^in_/, "_"));
  const select = `SELECT ${stored.join(", ")} FROM ${table.name} WHERE _batch = {batch: UInt128} ORDER BY ALL`;
  await store.replay(table.name, columns, select, { batch: batch.id }, batch.id);
}

import { byPartition, inPartitions, laneOf, type Run } from "../identity.ts";
import type { Store } from "../store.ts";
import type { Claims } from "./lanes.ts";
import { type Found, findKnown, nothing } from "./probe.ts";
import type { Table } from "./table.ts";

/**
 * Looks which rows the table has, as `findKnown`, and leaves out what cannot be there.
 *
 * Where a row's identity is the position it was read at, an environment that goes on with its claim knows how far the table goes:
 * nobody else writes to the lane without a later claim, and after one the server refuses what this environment sends. So once it
 * has seen that nothing lies above its batch, whatever comes above that later is new, and needs no question.
 */
export async function findWithinHorizon<Row, Place>(
  store: Store,
  table: Table<Row, Place>,
  places: Place[],
  claims: Claims,
): Promise<Found> {
  const { rising } = table.identity;
  if (rising === undefined) return findKnown(store, table, places);
  const runs = byPartition(places.map(rising));
  const horizonOf = (run: Run) => claims.get(laneOf(run))?.horizons.get(table.name);
  const near = runs.filter((run) => run.first <= (horizonOf(run) ?? Number.POSITIVE_INFINITY));
  const unknown = near.filter((run) => claims.has(laneOf(run)) && horizonOf(run) === undefined);
  const lanes = new Set(near.map(laneOf));
  const asked =
    near.length === runs.length ? places : places.filter((place) => lanes.has(laneOf(rising(place))));
  const [found, above] = await Promise.all([
    near.length === 0 ? nothing : findKnown(store, table, asked),
    unknown.length === 0 ? false : isAnyAbove(store, table.name, unknown),
  ]);
  for (const run of runs) {
    const horizon = horizonOf(run);
    if (horizon === undefined && above) continue;
    claims.get(laneOf(run))?.horizons.set(table.name, Math.max(horizon ?? 0, run.last));
  }
  return found;
}

/** Whether the table has a row above any of these runs: it has when they are delivered again, or out of order. */
async function isAnyAbove(store: Store, table: string, runs: Run[]): Promise<boolean> {
  const { where, params } = inPartitions("", runs, ({ last }, n) => ({
    where: `_offset > {last${n}: UInt64}`,
    params: { [`last${n}`]: last },
  }));
  const query = `SELECT 1 FROM ${table} WHERE ${where} LIMIT 1`;
  return (await store.select(query, params)).length > 0;
}

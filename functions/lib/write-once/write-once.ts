import { randomUUID } from "node:crypto";
import { areRising } from "../identity.ts";
import type { Store } from "../store.ts";
import { Overtaken, StoreError } from "../store-error.ts";
import { type Batch, columnsOf, constantsOf, makeBatch, makeBatches } from "./batch.ts";
import { findWithinHorizon } from "./horizon.ts";
import { type Claims, commentOf, fenceCondition, type Hold } from "./lanes.ts";
import { type Found, isWritten, nothing } from "./probe.ts";
import { repairViews } from "./repair.ts";
import { allSafeguards, type Safeguards } from "./safeguards.ts";
import type { Placed, Refused, Table, Written } from "./table.ts";

/**
 * Writes each row unless a row of the same identity is in the table: into the table once, and into each of its
 * materialized views once. Rows whose source gave no identity count at least once.
 *
 * Begun with the lanes, so that they are claimed while the batch is decoded; with the places too, where they are known before
 * the rows, so that these are looked for meanwhile.
 * @throws StoreError when the outcome is not known to be complete; the same call again completes it.
 */
export function beginWrite<Row, Place>(
  store: Store,
  table: Table<Row, Place>,
  hold: Hold,
  safeguards: Safeguards = allSafeguards,
  places?: Place[],
) {
  const look = (among: Place[], claims: Claims) =>
    safeguards.probe ? findWithinHorizon(store, table, among, claims) : Promise.resolve(nothing);
  const first = hold.claims();
  const ahead = places && first.then((claims) => look(places, claims));
  for (const running of [first, ahead]) running?.catch(() => {}); // Thrown where it is awaited.
  return async <P extends Placed<Row, Place>>(rows: P[]): Promise<Written<P>> => {
    const progress: Progress<P> = { rest: firstOfEach(table, rows), inserted: 0, refused: [] };
    const distinct = progress.rest.length;
    for (;;) {
      const claims = await hold.claims();
      // What was found under other claims says nothing: somebody else may have written since.
      const early = claims === (await first) ? ahead : undefined;
      const probing =
        early ??
        look(
          progress.rest.map(({ place }) => place),
          claims,
        );
      try {
        await writeRest({ store, table, hold, claims, safeguards }, rows, progress, probing);
        const { inserted, refused } = progress;
        return { inserted, duplicates: rows.length - distinct + progress.rest.length, refused };
      } catch (error) {
        if (!(error instanceof Overtaken) || store.remainingMs() < 2000) throw error;
        hold.renew(claims);
      }
    }
  };
}

/** One attempt to write, under one set of claims. */
interface Attempt<Row, Place> {
  store: Store;
  table: Table<Row, Place>;
  hold: Hold;
  claims: Claims;
  safeguards: Safeguards;
}

/** What is left of a call, and what it did: kept when another invocation comes between. */
interface Progress<P> {
  /** Rows not dealt with; in the end those that were there already. */
  rest: P[];
  inserted: number;
  refused: Refused<P>[];
}

async function writeRest<Row, Place, P extends Placed<Row, Place>>(
  attempt: Attempt<Row, Place>,
  given: P[],
  progress: Progress<P>,
  probing: Promise<Found>,
): Promise<void> {
  const { table } = attempt;
  probing.catch(() => {}); // Thrown where it is awaited.
  const hopeful = makeBatches(table, progress.rest); // Encoded while the probe runs: nearly always nothing is found.
  const found = await probing;
  const batches = found.keys.size === 0 ? hopeful : await makeMissing(attempt, given, progress.rest, found);
  for (const batch of batches) {
    const refused = await insert(attempt, batch);
    progress.refused.push(...refused);
    progress.inserted += batch.rows.length - refused.length;
    progress.rest = without(progress.rest, batch.rows);
  }
}

/** Completes what an earlier delivery began. @returns batches of the rows it had not brought. */
async function makeMissing<Row, Place, P extends Placed<Row, Place>>(
  { store, table, safeguards }: Attempt<Row, Place>,
  given: P[],
  rest: P[],
  { keys, batches }: Found,
): Promise<Batch<P>[]> {
  const isKnown = ({ key }: P) => key !== undefined && keys.has(key);
  const known = given.filter(isKnown).map(({ place }) => place); // Copies within the batch too: any may be the one that comes again.
  if (safeguards.repair) await repairViews(store, table, batches, known);
  return makeBatches(
    table,
    rest.filter((row) => !isKnown(row)),
  );
}

function without<P>(rows: P[], done: P[]): P[] {
  if (done.length === rows.length) return []; // All of them, nearly always.
  const gone = new Set(done);
  return rows.filter((row) => !gone.has(row));
}

/** A publisher's retry can put copies of one message into one batch; positions that rise are no copies. */
function firstOfEach<Row, Place, P extends Placed<Row, Place>>(
  { identity: { rising } }: Table<Row, Place>,
  rows: P[],
): P[] {
  if (rising && areRising(rows, ({ place }) => rising(place))) return rows;
  const seen = new Set<string>();
  return rows.filter(({ key }) => {
    if (key === undefined) return true;
    return seen.size < seen.add(key).size;
  });
}

/**
 * Inserts a batch; rows that the table refuses are told apart by halving and given back. Halves are batches of their own,
 * so nothing of the whole may have been written: a view that refuses a row leaves the table with all of them.
 */
async function insert<Row, Place, P extends Placed<Row, Place>>(
  attempt: Attempt<Row, Place>,
  batch: Batch<P>,
): Promise<Refused<P>[]> {
  const { store, table, hold, claims, safeguards } = attempt;
  const { refusal, attempts } = await store.insert({
    table: table.name,
    columns: columnsOf(table),
    rows: batch.body,
    constants: constantsOf(batch),
    token: safeguards.token ? batch.id : randomUUID(),
    comment: commentOf(hold.consumer, batch.id, hold.lanes),
    condition: safeguards.fence ? fenceCondition(hold.consumer, claims) : undefined,
  });
  if (attempts > 1) hold.doubt();
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
    ...(await insert(attempt, makeBatch(table, batch.rows.slice(0, middle)))),
    ...(await insert(attempt, makeBatch(table, batch.rows.slice(middle)))),
  ];
}

import { createHash, randomUUID } from "node:crypto";
import type { Identity } from "./identity.ts";
import { ByteWriter, type RowEncoder, uint128 } from "./row-binary.ts";
import type { Store } from "./store.ts";

/** A ClickHouse table as a target: its published columns, and what makes a row count once. */
export interface Table<Row, Place> {
  name: string;
  columns: RowEncoder<Row>;
  identity: Identity<Place>;
}

/** A row and where it came from. */
export interface Placed<Row, Place> {
  row: Row;
  place: Place;
  /** Epoch milliseconds at the source, the same at every delivery; orders batches in time. */
  at: number;
}

/** How many of the given rows this call wrote, and how many were there already. */
export interface Written {
  inserted: number;
  duplicates: number;
}

/**
 * Inserts each row unless a row of the same identity is in the table, in one INSERT whose deduplication token follows
 * from the rows: the engine drops a repeated one, however the first ended. Rows whose source gave no identity count
 * at least once.
 * @throws StoreError when the outcome is not known to be complete; the same call again completes it.
 */
export async function writeOnce<Row, Place>(
  store: Store,
  table: Table<Row, Place>,
  rows: Placed<Row, Place>[],
): Promise<Written> {
  const distinct = firstOfEach(table.identity, rows);
  const known = await findKnown(store, table, distinct);
  const missing = distinct.filter(({ place }) => !known.has(table.identity.key(place) ?? ""));
  if (missing.length > 0) {
    const batch = batchId(table, missing);
    const names = [...table.columns.names, ...table.identity.inputs.names, "in_batch", "in_batch_rows"];
    await store.insert(table.name, names, encode(table, missing, batch), batch.toString());
  }
  return { inserted: missing.length, duplicates: rows.length - missing.length };
}

/** A publisher's retry can put copies of one message into one batch. */
function firstOfEach<Row, Place>(
  identity: Identity<Place>,
  rows: Placed<Row, Place>[],
): Placed<Row, Place>[] {
  const seen = new Set<string>();
  return rows.filter(({ place }) => {
    const key = identity.key(place);
    if (key === undefined) return true;
    return seen.size < seen.add(key).size;
  });
}

async function findKnown<Row, Place>(
  store: Store,
  table: Table<Row, Place>,
  rows: Placed<Row, Place>[],
): Promise<Set<string>> {
  const { key, keyOfRow, find } = table.identity;
  const places = rows.map(({ place }) => place).filter((place) => key(place) !== undefined);
  if (places.length === 0) return new Set();
  const { where, params } = find(places);
  return new Set(
    await store.keys(`SELECT DISTINCT ${keyOfRow} AS key FROM ${table.name} WHERE ${where}`, params),
  );
}

/**
 * 128 bits that follow from the table and its rows: 48 of the first row's time, so that ids grow with time, and 80 of a
 * SHA-256. A row without an identity takes part as a random one: two equal messages are two messages.
 */
function batchId<Row, Place>(table: Table<Row, Place>, rows: Placed<Row, Place>[]): bigint {
  const hash = createHash("sha256").update(table.name);
  let first = Number.POSITIVE_INFINITY;
  for (const { place, at } of rows) {
    hash.update(`\n${table.identity.key(place) ?? randomUUID()} ${at}`);
    first = Math.min(first, at);
  }
  const time = BigInt(Math.max(0, Math.trunc(first))) & 0xffffffffffffn;
  return (time << 80n) | BigInt(`0x${hash.digest("hex").slice(0, 20)}`);
}

function encode<Row, Place>(table: Table<Row, Place>, rows: Placed<Row, Place>[], batch: bigint): Buffer {
  const out = new ByteWriter(64 + rows.length * 256);
  for (const { row, place } of rows) {
    table.columns.write(out, row);
    table.identity.inputs.write(out, place);
    uint128(out, batch);
    out.uint32(rows.length);
  }
  return out.finish();
}

import type { Identity } from "../identity.ts";
import type { RowEncoder } from "../row-binary.ts";

/** A ClickHouse table as a target: its published columns, and what makes a row count once. */
export interface Table<Row, Place> {
  name: string;
  columns: RowEncoder<Row>;
  identity: Identity<Place>;
  /** The table's partition of a row, for a partitioned table: one INSERT is one part, so it happens or it does not. */
  partition?: (row: Row) => number | string;
}

/** A row and where it came from. */
export interface Placed<Row, Place> {
  row: Row;
  place: Place;
  /** What the table's identity makes of `place`. Made once: every step that follows asks for it. */
  key: string | undefined;
  /** Epoch milliseconds at the source, the same at every delivery; orders batches in time. */
  at: number;
}

/** What became of a batch: rows this call wrote, rows that were there already, rows the table refuses. */
export interface Written<P> {
  inserted: number;
  duplicates: number;
  refused: Refused<P>[];
}

/** A row that was given, as it was given. */
export interface Refused<P> {
  row: P;
  /** ClickHouse's own words. */
  detail: string;
}

import { createHash, randomUUID } from "node:crypto";
import { ByteWriter } from "../row-binary.ts";
import type { Placed, Table } from "./table.ts";

/** Rows that go into one INSERT, one block and one part, under one deduplication token. */
export interface Batch<P> {
  /** The token, and the column `_batch` in decimal. */
  id: string;
  rows: P[];
  /** RowBinary of `columnsOf(table)`. */
  body: Buffer;
}

/** The columns that differ from row to row: the published ones, then the inputs of the hidden ones. */
export const columnsOf = <Row, Place>({ columns, identity }: Table<Row, Place>): string[] => [
  ...columns.names,
  ...identity.inputs.names,
];

/** The columns in which every row says of which batch it is. */
export const batchColumns = ["in_batch", "in_batch_rows"];

export const constantsOf = ({ id, rows }: Batch<unknown>) => ({ in_batch: id, in_batch_rows: rows.length });

/** One batch for each table partition the rows fall into. The same rows make the same batches. */
export function makeBatches<Row, Place, P extends Placed<Row, Place>>(
  table: Table<Row, Place>,
  rows: P[],
): Batch<P>[] {
  if (rows.length === 0) return [];
  const { partition } = table;
  const groups =
    partition === undefined ? [rows] : [...Map.groupBy(rows, ({ row }) => partition(row)).values()];
  return groups.map((group) => makeBatch(table, group));
}

export function makeBatch<Row, Place, P extends Placed<Row, Place>>(
  table: Table<Row, Place>,
  rows: P[],
): Batch<P> {
  const id = batchId(table, rows);
  const out = new ByteWriter(64 + rows.length * 256);
  for (const { row, place } of rows) {
    table.columns.write(out, row);
    table.identity.inputs.write(out, place);
  }
  return { id: id.toString(), rows, body: out.finish() };
}

/**
 * 128 bits that follow from the table and its rows: 48 of the first row's time, so that ids grow with time, and 80 of a
 * SHA-256. A row without an identity takes part as a random one: two equal messages are two messages.
 */
function batchId<Row, Place>(table: Table<Row, Place>, rows: Placed<Row, Place>[]): bigint {
  const hash = createHash("sha256").update(table.name);
  let first = Number.POSITIVE_INFINITY;
  let text = "";
  for (const { key, at } of rows) {
    text += `\n${key ?? randomUUID()} ${at}`;
    first = Math.min(first, at);
  }
  const time = BigInt(Math.max(0, Math.trunc(first))) & 0xffffffffffffn;
  return (time << 80n) | BigInt(`0x${hash.update(text).digest("hex").slice(0, 20)}`);
}

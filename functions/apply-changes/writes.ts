import { type Change, type Image, parseExactly, type Wire } from "../../events/change.ts";
import { isNullArray } from "../lib/capture/arrays.ts";
import type { CapturedColumn, CapturedTable } from "../lib/capture/captured-table.ts";
import { Unfit } from "../lib/capture/column-type.ts";
import { formatKey } from "../lib/capture/key-text.ts";
import { headerOf, type KafkaPlace, type Message } from "../lib/message.ts";
import type { Rejected } from "../lib/quarantine.ts";

/** In place of a value that was not changed and is too large for the log to repeat. */
export const unavailable = Symbol("unavailable");

/** One row of the copy: the state of a key from a version on. */
export interface Write {
  /** The key's values as text. */
  key: string;
  /** The key it had until this very change. */
  formerKey: string | undefined;
  version: bigint;
  deleted: boolean;
  /** Epoch microseconds. */
  at: number;
  /** In the order of the table's columns; null is Postgres' null. */
  values: unknown[];
  message: Message<KafkaPlace>;
}

type RowChange = Extract<Change, { kind: "row" }>;

/** Where a snapshot stands that Debezium does not place: the LSN from before it, set by `cdc setup` on the connector. */
export const snapshotHeader = "sluice-snapshot-lsn";

/**
 * (end of the last commit, LSN) as 128 bits: the order of commits. The LSN alone is not: a transaction that commits later
 * may have written its record earlier.
 */
export function versionOf(
  { commit, lsn }: { commit: bigint | undefined; lsn: bigint },
  message: Message,
): bigint {
  return ((commit ?? BigInt(headerOf(message.headers, snapshotHeader) ?? 0)) << 64n) | lsn;
}

/** The row a change leaves behind, or why there is none. Names of columns that the copy does not have go to `strangers`. */
export function toWrite(
  table: CapturedTable,
  change: RowChange,
  message: Message<KafkaPlace>,
  strangers: Set<string>,
): Write | Rejected {
  const deleted = change.operation === "delete";
  const image = (deleted ? change.before : change.after) as Image;
  for (const name of Object.keys(image))
    if (!table.columns.some((one) => one.name === name)) strangers.add(name);
  // A key that is about to be another one takes its large values along: the log does not repeat them for the new key either.
  const moves = deleted && headerOf(message.headers, "__debezium.newkey") !== undefined;
  const keyOnly =
    deleted && table.columns.every(({ name, key }) => key !== undefined || (image[name] ?? null) === null);
  try {
    const values = table.columns.map((column) => {
      const wire = image[column.name];
      if (keyOnly && column.key === undefined)
        return moves && column.type.large ? unavailable : blank(column);
      return readValue(column, wire);
    });
    const former = headerOf(message.headers, "__debezium.oldkey");
    return {
      key: keyOf(table, image),
      formerKey: former === undefined || deleted ? undefined : keyOf(table, parseExactly(former) as Image),
      version:
        change.operation === "read" && change.commit === undefined
          ? snapshotVersion(message)
          : versionOf(change, message),
      deleted,
      at: change.at,
      values,
      message,
    };
  } catch (error) {
    if (error instanceof Unfit) return { message, reason: "unsupported_value", detail: error.message };
    throw error;
  }
}

/** A row of the first snapshot is older than any change after it, whatever their LSNs. */
const snapshotVersion = (message: Message): bigint =>
  BigInt(headerOf(message.headers, snapshotHeader) ?? 0) << 64n;

function readValue({ name, type, nullable }: CapturedColumn, wire: Wire | undefined): unknown {
  // A column that Postgres has dropped: nothing is known of it any more.
  if (wire === undefined) return nullable ? null : type.blank;
  if (isNullArray(type, wire)) return type.blank;
  if (wire === null) {
    if (nullable) return null;
    throw new Unfit(`${name} is null, and its copy takes none: npx sluice cdc setup`);
  }
  if (type.isUnavailable(wire)) return unavailable;
  try {
    return type.read(wire);
  } catch (error) {
    throw error instanceof Unfit ? new Unfit(`${name}: ${error.message}`) : error;
  }
}

export const blank = ({ type, nullable }: CapturedColumn): unknown => (nullable ? null : type.blank);

/** The key's values as text. */
export const keyOf = ({ columns }: CapturedTable, image: Image): string =>
  formatKey(
    keyColumns(columns).map(({ name, type }) => {
      const value = type.read(image[name] ?? null);
      return Buffer.isBuffer(value) ? value.toString("base64") : String(value);
    }),
  );

export const keyColumns = (columns: CapturedColumn[]): CapturedColumn[] =>
  columns.filter(({ key }) => key !== undefined).sort((a, b) => (a.key as number) - (b.key as number));

import type { Wire } from "../../../events/change.ts";
import type { ByteWriter } from "../row-binary.ts";

/** A value that its column cannot hold without loss; the message says which and why. */
export class Unfit extends Error {
  override name = "Unfit";
}

/** One type of Postgres: how ClickHouse keeps it, how Debezium's JSON of it is read, and how both sides are compared. */
export interface ColumnType<Value = unknown> {
  /** ClickHouse's type, without Nullable. */
  clickhouse: string;
  /** A value that is not null. @throws Unfit */
  read(wire: Wire): Value;
  /** RowBinary. */
  write(out: ByteWriter, value: Value): void;
  /** What a row holds where nothing is known: in the mark of a deleted one. */
  blank: Value;
  /** ClickHouse's expression for what `read` takes again; null stays null. */
  stored(column: string): string;
  /** Expressions of both sides for one and the same text of the same value; null stays null. */
  text: { clickhouse(column: string): string; postgres(column: string): string };
  /** Debezium's way to say that a large value was not changed, and is therefore not in the log. */
  isUnavailable(wire: Wire): boolean;
  /** Postgres may keep it outside the row, so it can be unavailable. */
  large: boolean;
  /** An unavailable value comes as null, which nothing tells from a true one: its table needs REPLICA IDENTITY FULL. */
  blind: boolean;
}

export const placeholder = "__debezium_unavailable_value";

export const never = () => false;

/** What most types have in common. */
export const define = <Value>(
  type: Pick<ColumnType<Value>, "clickhouse" | "read" | "write" | "blank" | "stored"> & {
    postgres(column: string): string;
  } & Partial<Pick<ColumnType<Value>, "isUnavailable" | "large">> & { text?: (column: string) => string },
): ColumnType<Value> => {
  const { postgres, text, ...rest } = type;
  return {
    isUnavailable: never,
    large: false,
    blind: false,
    ...rest,
    text: { clickhouse: text ?? type.stored, postgres },
  };
};

export const show = (wire: Wire): string => {
  const text = typeof wire === "bigint" ? String(wire) : (JSON.stringify(wire) ?? String(wire));
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
};

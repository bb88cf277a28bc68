import { array } from "./arrays.ts";
import type { ColumnType } from "./column-type.ts";
import { boolean, decimal, float, integer, unboundedNumeric } from "./numbers.ts";
import { bytes, enumeration, interval, uuid, written } from "./texts.ts";
import { date, time, timestamp } from "./times.ts";

/** By the name Postgres' `format_type` gives, without a length or precision; `enum` and `range` stand for whatever is one. */
const byName: Record<string, { type: ColumnType; blindInArrays?: true }> = {
  smallint: { type: integer(16), blindInArrays: true },
  integer: { type: integer(32) },
  bigint: { type: integer(64) },
  real: { type: float(32), blindInArrays: true },
  "double precision": { type: float(64), blindInArrays: true },
  boolean: { type: boolean, blindInArrays: true },
  date: { type: date },
  "timestamp without time zone": { type: timestamp, blindInArrays: true },
  "timestamp with time zone": { type: timestamp, blindInArrays: true },
  "time without time zone": { type: time, blindInArrays: true },
  uuid: { type: uuid },
  bytea: { type: bytes },
  text: { type: written },
  "character varying": { type: written },
  character: { type: written },
  jsonb: { type: written },
  json: { type: written },
};

/** Not as elements of arrays: Debezium 3.4 makes null of an array of enums that holds NULL, of one of numerics that holds NaN. */
const scalarsOnly: Record<string, ColumnType> = {
  numeric: unboundedNumeric,
  enum: enumeration,
  interval,
  citext: written,
  name: written,
  xml: written,
  inet: written,
  cidr: written,
  macaddr: written,
  range: written,
  tsvector: written,
};

/**
 * The type of that name, such as `numeric(10,2)`, `character varying(40)[]` or `enum`.
 * `undefined`: no way to copy it without loss is known.
 */
export function columnType(name: string): ColumnType | undefined {
  const numeric = /^numeric\((\d+),(-?\d+)\)$/.exec(name);
  if (numeric) return boundedNumeric(Number(numeric[1]), Number(numeric[2]));
  const isArray = name.endsWith("[]");
  const plain = name.replace(/\[\]$/, "").replace(/\(\d+\)/, "");
  const known = Object.hasOwn(byName, plain) ? byName[plain] : undefined;
  if (isArray) return known && array(known.type, known.blindInArrays ?? false);
  return known?.type ?? (Object.hasOwn(scalarsOnly, plain) ? scalarsOnly[plain] : undefined);
}

/** A negative scale rounds before the point; one beyond the precision is all fraction. */
function boundedNumeric(precision: number, scale: number): ColumnType {
  const digits = scale < 0 ? precision - scale : Math.max(precision, scale);
  return digits > 76 ? unboundedNumeric : decimal(digits, Math.max(0, scale));
}

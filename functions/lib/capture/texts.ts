import type { Wire } from "../../../events/change.ts";
import { uuid as writeUuid } from "../row-binary.ts";
import { type ColumnType, define, placeholder, show, Unfit } from "./column-type.ts";

const text = (wire: Wire): string => {
  if (typeof wire !== "string") throw new Unfit(`${show(wire)} is no text`);
  if (!wire.isWellFormed()) throw new Unfit("holds half a surrogate pair");
  return wire;
};

const asText = (clickhouse: string, postgres: (column: string) => string): ColumnType<string> =>
  define({
    clickhouse,
    read: text,
    write: (out, value) => out.string(value),
    blank: "",
    stored: (column) => column,
    text: (column) => `toString(${column})`,
    postgres,
    isUnavailable: (wire) => wire === placeholder,
    large: true,
  });

/** Whatever Postgres itself writes as text: text, varchar, char (padded), json, jsonb, xml, inet, ranges, tsvector … */
export const written = asText(
  "String",
  (column) => `CASE WHEN ${column} IS NOT NULL THEN format('%s', ${column}) END`,
);

export const enumeration: ColumnType<string> = {
  ...asText("LowCardinality(String)", (column) => `${column}::text`),
  large: false,
};

/** interval, in ISO 8601 as Debezium writes it: `P1Y2M3DT4H5M6.7S`. */
export const interval: ColumnType<string> = {
  ...asText(
    "String",
    (
      column,
    ) => `CASE WHEN ${column} IS NOT NULL THEN format('P%sY%sM%sDT%sH%sM%sS', extract(year FROM ${column}), extract(month FROM ${column}),
      extract(day FROM ${column}), extract(hour FROM ${column}), extract(minute FROM ${column}), trim_scale(extract(second FROM ${column})::numeric)) END`,
  ),
  large: false,
};

export const uuid: ColumnType<string> = define({
  clickhouse: "UUID",
  read(wire) {
    const value = text(wire);
    if (!/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(value)) throw new Unfit(`${show(wire)} is no UUID`);
    return value;
  },
  write: writeUuid,
  blank: "00000000-0000-0000-0000-000000000000",
  stored: (column) => `toString(${column})`,
  postgres: (column) => `${column}::text`,
});

const placeholderBytes = Buffer.from(placeholder).toString("base64");

/** bytea: the bytes themselves. Come in base64. */
export const bytes: ColumnType<Buffer> = define({
  clickhouse: "String",
  read(wire) {
    const value = text(wire);
    if (!/^[A-Za-z\d+/]*={0,2}$/.test(value)) throw new Unfit(`${show(wire)} is not in base64`);
    return Buffer.from(value, "base64");
  },
  write: (out, value) => out.string(value),
  blank: Buffer.alloc(0),
  stored: (column) => `base64Encode(${column})`,
  postgres: (column) => `translate(encode(${column}, 'base64'), E'\\n', '')`,
  isUnavailable: (wire) => wire === placeholderBytes || wire === placeholder,
  large: true,
});

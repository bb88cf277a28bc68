import type { Wire } from "../../../events/change.ts";
import { type ColumnType, placeholder, show, Unfit } from "./column-type.ts";

const placeholderNumbers = [...Buffer.from(placeholder)].join();
const placeholderBytes = Buffer.from(placeholder).toString("base64");
/** The version 3 UUID of the placeholder's bytes. */
const placeholderUuid = "b68a35a7-17ad-35b3-af2a-ae46edb4545a";

/**
 * Arrays of one dimension. A null array is an empty one: ClickHouse has no null arrays.
 * @param blind whether Debezium writes null for an unavailable one: it does so for all but texts, bytes, UUIDs, dates and larger integers.
 */
export function array(element: ColumnType, blind: boolean): ColumnType<unknown[]> {
  const parts = (column: string) =>
    `arrayMap(x -> if(isNull(x), '-', concat(toString(length(assumeNotNull(${element.text.clickhouse("x")}))), ':', assumeNotNull(${element.text.clickhouse("x")}))), ${column})`;
  return {
    clickhouse: `Array(Nullable(${element.clickhouse.replace(/^LowCardinality\((.*)\)$/, "$1")}))`,
    read(wire) {
      if (!Array.isArray(wire)) throw new Unfit(`${show(wire)} is no array`);
      return wire.map((one) => {
        if (Array.isArray(one)) throw new Unfit("has more than one dimension");
        return one === null ? null : element.read(one);
      });
    },
    write(out, values) {
      out.length(values.length);
      for (const value of values) {
        out.uint8(value === null ? 1 : 0);
        if (value !== null) element.write(out, value);
      }
    },
    blank: [],
    stored: (column) => `arrayMap(x -> ${element.stored("x")}, ${column})`,
    text: {
      clickhouse: (column) => `arrayStringConcat(${parts(column)})`,
      postgres: (column) =>
        `coalesce((SELECT string_agg(CASE WHEN x IS NULL THEN '-' ELSE octet_length(${element.text.postgres("x")}) || ':' || ${element.text.postgres("x")} END, '' ORDER BY n) FROM unnest(${column}) WITH ORDINALITY AS each(x, n)), '')`,
    },
    isUnavailable: (wire) =>
      Array.isArray(wire) &&
      ((wire.length === 1 && [placeholder, placeholderBytes, placeholderUuid].includes(wire[0] as string)) ||
        (wire.length === placeholder.length && wire.join() === placeholderNumbers)),
    large: true,
    blind,
  };
}

export const isNullArray = (type: ColumnType, wire: Wire): boolean =>
  wire === null && type.clickhouse.startsWith("Array(");

import { expect, test } from "vitest";
import type { Wire } from "../../../events/change.ts";
import { ByteWriter } from "../row-binary.ts";
import { placeholder, Unfit } from "./column-type.ts";
import { columnType } from "./types.ts";

const typeOf = (name: string) => columnType(name) ?? expect.fail(`${name} is not known`);
const written = (name: string, wire: Wire): string => {
  const out = new ByteWriter(16);
  const type = typeOf(name);
  type.write(out, type.read(wire));
  return out.finish().toString("hex");
};

test.each([
  ["smallint", "Int16"],
  ["numeric(10,2)", "Decimal(10, 2)"],
  ["numeric(5,-2)", "Decimal(7, 0)"],
  ["numeric(3,5)", "Decimal(5, 5)"],
  ["numeric(80,5)", "String"],
  ["numeric", "String"],
  ["character varying(40)", "String"],
  ["timestamp(3) without time zone", "DateTime64(6, 'UTC')"],
  ["enum", "LowCardinality(String)"],
  ["bigint[]", "Array(Nullable(Int64))"],
  ["character varying(9)[]", "Array(Nullable(String))"],
])("%s is kept as %s", (name, clickhouse) => expect(typeOf(name).clickhouse).toBe(clickhouse));

test.each(["point", "enum[]", "numeric[]", "bit(3)", "hstore", "toString", "range[]"])(
  "%s is not copied: no way without loss is known",
  (name) => expect(columnType(name)).toBeUndefined(),
);

test.each([
  ["smallint", 32768],
  ["integer", 2147483648],
  ["bigint", 9223372036854775808n],
  ["bigint", 1.5],
  ["numeric(10,2)", "123456789.00"],
  ["numeric(10,2)", "1.005"],
  ["numeric(10,2)", "NAN"],
  ["date", -2147472692],
  ["date", 120530],
  ["date", -25568],
  ["timestamp without time zone", -9223372036832400000n],
  ["timestamp without time zone", 10413792000000000n],
  ["timestamp with time zone", "infinity"],
  ["timestamp with time zone", "2300-01-01T00:00:00.000000Z"],
  ["timestamp with time zone", "0044-03-15T00:00:00.000000Z"],
  ["integer[]", [[1, 2]]],
  ["uuid", "no-uuid"],
  ["bytea", "not base64!"],
  ["text", "\ud800"],
  ["boolean", "yes"],
])("%s refuses %s instead of cutting it", (name, wire) => {
  expect(() => typeOf(name).read(wire)).toThrow(Unfit);
});

test("numbers are written whole", () => {
  expect(written("bigint", 9007199254740993n)).toBe("0100000000002000");
  expect(written("bigint", -9223372036854775808n)).toBe("0000000000000080");
  expect(written("numeric(9,2)", "-1.50")).toBe("6affffff");
  expect(written("numeric(38,0)", "-1")).toBe("f".repeat(32));
  expect(written("numeric(76,0)", "1E+3")).toBe(`e803${"0".repeat(60)}`);
  expect(written("real", "NaN")).toBe("0000c07f");
});

test("a numeric without a precision is as Postgres writes it", () => {
  const { read } = typeOf("numeric");
  expect(["NAN", "NEGATIVE_INFINITY", "1E-10", "1.50", "-0.5", "1E+2"].map(read)).toEqual([
    "NaN",
    "-Infinity",
    "0.0000000001",
    "1.50",
    "-0.5",
    "100",
  ]);
});

test("times are as Postgres writes them, 24:00:00 too", () => {
  const { read } = typeOf("time without time zone");
  expect([0, 45296789012, 86400000000, 1500000].map(read)).toEqual([
    "00:00:00",
    "12:34:56.789012",
    "24:00:00",
    "00:00:01.5",
  ]);
});

test.each([
  ["text", placeholder],
  ["bytea", "X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ=="],
  ["text[]", [placeholder]],
  ["integer[]", [...Buffer.from(placeholder)]],
  ["uuid[]", ["b68a35a7-17ad-35b3-af2a-ae46edb4545a"]],
  ["numeric(50,2)", placeholder],
])("Debezium's mark of an unavailable %s is known", (name, wire) => {
  expect(typeOf(name).isUnavailable(wire)).toBe(true);
  expect(typeOf(name).isUnavailable(null)).toBe(false);
});

import type { Wire } from "../../../events/change.ts";
import { type ColumnType, define, placeholder, show, Unfit } from "./column-type.ts";

const toInteger = (wire: Wire): bigint => {
  if (typeof wire === "bigint") return wire;
  if (typeof wire === "number" && Number.isSafeInteger(wire)) return BigInt(wire);
  if (typeof wire === "string" && /^-?\d{1,40}$/.test(wire)) return BigInt(wire);
  throw new Unfit(`${show(wire)} is no whole number`);
};

/** smallint, integer, bigint. */
export function integer(bits: 16 | 32 | 64): ColumnType<bigint> {
  const limit = 1n << BigInt(bits - 1);
  return define({
    clickhouse: `Int${bits}`,
    read(wire) {
      const value = toInteger(wire);
      if (value < -limit || value >= limit) throw new Unfit(`${value} is beyond ${bits} bits`);
      return value;
    },
    write(out, value) {
      if (bits === 64) out.uint64(BigInt.asUintN(64, value));
      else if (bits === 32) out.uint32(Number(BigInt.asUintN(32, value)));
      else out.uint16(Number(BigInt.asUintN(16, value)));
    },
    blank: 0n,
    stored: (column) => `toString(${column})`,
    postgres: (column) => `${column}::text`,
  });
}

const plainNumber = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,5}))?$/;

/** A decimal text in full, without an exponent. */
function expand(text: string): { negative: boolean; whole: string; fraction: string } | undefined {
  const match = plainNumber.exec(text);
  if (!match) return undefined;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  return {
    negative: sign === "-",
    whole: (point <= 0 ? "0" : digits.slice(0, point).padEnd(point, "0")).replace(/^0+(?=\d)/, ""),
    fraction: point <= 0 ? "0".repeat(-point) + digits : digits.slice(point),
  };
}

/** numeric(precision, scale), up to the 76 digits of ClickHouse's widest. Comes as text. */
export function decimal(precision: number, scale: number): ColumnType<bigint> {
  const limit = 10n ** BigInt(precision);
  const words = precision <= 18 ? 1 : precision <= 38 ? 2 : 4;
  return define({
    clickhouse: `Decimal(${precision}, ${scale})`,
    read(wire) {
      const parts = typeof wire === "string" || typeof wire === "number" ? expand(String(wire)) : undefined;
      if (!parts) throw new Unfit(`${show(wire)} is no number that Decimal(${precision}, ${scale}) holds`);
      const { negative, whole, fraction } = parts;
      if (/[^0]/.test(fraction.slice(scale)))
        throw new Unfit(`${show(wire)} has more than ${scale} digits after its point`);
      const value = BigInt(whole + fraction.slice(0, scale).padEnd(scale, "0"));
      if (value >= limit) throw new Unfit(`${show(wire)} has more than ${precision} digits`);
      return negative ? -value : value;
    },
    write(out, value) {
      if (precision <= 9) return out.uint32(Number(BigInt.asUintN(32, value)));
      for (let word = 0; word < words; word++) out.uint64(BigInt.asUintN(64, value >> BigInt(64 * word)));
    },
    blank: 0n,
    stored: (column) => `toString(${column})`,
    postgres: (column) => `trim_scale(${column})::text`,
    isUnavailable: (wire) => wire === placeholder,
    large: true,
  });
}

const special: Record<string, string> = {
  NAN: "NaN",
  POSITIVE_INFINITY: "Infinity",
  NEGATIVE_INFINITY: "-Infinity",
};

/** numeric without a precision: as Postgres writes it, for no type of ClickHouse has its 131,072 digits, NaN and infinities. */
export const unboundedNumeric: ColumnType<string> = define({
  clickhouse: "String",
  read(wire) {
    const text = String(wire);
    if (special[text] !== undefined) return special[text];
    if (/^(NaN|-?Infinity)$/.test(text)) return text;
    const parts = expand(text);
    if (!parts) throw new Unfit(`${show(wire)} is no number`);
    const { negative, whole, fraction } = parts;
    return `${negative ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
  },
  write: (out, value) => out.string(value),
  blank: "",
  stored: (column) => column,
  postgres: (column) => `${column}::text`,
  isUnavailable: (wire) => wire === placeholder,
  large: true,
});

/** real, double precision; bits are kept, NaN and -0 too. */
export function float(bits: 32 | 64): ColumnType<number> {
  const scratch = Buffer.alloc(bits / 8);
  return define({
    clickhouse: `Float${bits}`,
    read(wire) {
      if (typeof wire === "number") return wire;
      if (typeof wire === "bigint" || (typeof wire === "string" && plainNumber.test(wire)))
        return Number(wire);
      if (wire === "NaN" || wire === "Infinity" || wire === "-Infinity") return Number(wire);
      throw new Unfit(`${show(wire)} is no number`);
    },
    write(out, value) {
      if (bits === 32) scratch.writeFloatLE(value);
      else scratch.writeDoubleLE(value);
      out.bytes(scratch);
    },
    blank: 0,
    stored: (column) => `toString(${column})`,
    text: (column) => `toString(reinterpretAsInt${bits}(${column}))`,
    postgres: (column) =>
      `(('x' || encode(float${bits / 8}send(${column}), 'hex'))::bit(${bits})::${bits === 32 ? "int" : "bigint"})::text`,
  });
}

export const boolean: ColumnType<boolean> = define({
  clickhouse: "Bool",
  read(wire) {
    if (typeof wire === "boolean") return wire;
    if (wire === "1" || wire === "0") return wire === "1";
    throw new Unfit(`${show(wire)} is neither true nor false`);
  },
  write: (out, value) => out.uint8(value ? 1 : 0),
  blank: false,
  stored: (column) => `toString(toUInt8(${column}))`,
  postgres: (column) => `(${column}::int)::text`,
});

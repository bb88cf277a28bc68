/** Rows to ClickHouse's RowBinary. Format: https://clickhouse.com/docs/interfaces/formats/RowBinary */

import { Span } from "../../events/envelope/span.ts";

/** What a String can hold. */
export type Bytes = string | Uint8Array | Span;

/** Appends values to one growing buffer. */
export class ByteWriter {
  #bytes: Buffer;
  #view: DataView;
  #length = 0;

  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Makes room for `size` bytes more; `#bytes` may be another buffer after it. */
  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }

  uint8(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  uint16(value: number): void {
    this.#reserve(2);
    this.#view.setUint16(this.#length, value, true);
    this.#length += 2;
  }

  uint32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  /** A whole number from -(2^53 - 1) to 2^53 - 1, as 64 bits in two's complement. */
  int64(value: number): void {
    this.#reserve(8);
    this.#view.setUint32(this.#length, value, true);
    this.#view.setInt32(this.#length + 4, Math.floor(value / 2 ** 32), true);
    this.#length += 8;
  }

  uint64(value: bigint): void {
    this.#reserve(8);
    this.#view.setBigUint64(this.#length, value, true);
    this.#length += 8;
  }

  /** An unsigned LEB128 number: the length before strings and arrays. */
  length(value: number): void {
    this.#reserve(longestLength);
    let rest = value;
    for (; rest > 127; rest >>>= 7) this.#bytes[this.#length++] = (rest & 127) | 128;
    this.#bytes[this.#length++] = rest;
  }

  string(value: Bytes): void {
    if (typeof value === "string") this.#text(value);
    else {
      this.length(value.length);
      if (value instanceof Span) this.#part(value);
      else this.bytes(value);
    }
  }

  /** Bytes that are RowBinary already. */
  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** Byte by byte where it is short: a call of the copying code takes longer. */
  #part({ buffer, start, end }: Span): void {
    if (end - start > 64) {
      this.bytes(buffer.subarray(start, end));
      return;
    }
    this.#reserve(end - start);
    for (let i = start; i < end; i++) this.#bytes[this.#length++] = buffer[i] as number;
  }

  /** Written behind the length it has in ASCII; once its true size is known, the length is written again. */
  #text(value: string): void {
    this.#reserve(2 * longestLength + 3 * value.length);
    const start = this.#length;
    this.length(value.length);
    const from = this.#length;
    const size = this.#bytes.write(value, from);
    if (size !== value.length) {
      this.#length = start;
      const to = start + lengthBytes(size);
      if (to !== from) this.#bytes.copyWithin(to, from, from + size);
      this.length(size);
    }
    this.#length += size;
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}

const longestLength = 5;

const lengthBytes = (value: number): number => (value > 127 ? 1 + lengthBytes(value >>> 7) : 1);

/** How one column's values are written. */
export type Column<Value> = (out: ByteWriter, value: Value) => void;

/** Some columns of a table: their names, and one row's values in that order. */
export interface RowEncoder<Row> {
  names: string[];
  write(out: ByteWriter, row: Row): void;
}

/** The keys of `columns` are the column names. */
export function encodeColumns<Row extends object>(
  columns: { [Name in keyof Row]-?: Column<Row[Name]> },
): RowEncoder<Row> {
  const names = Object.keys(columns) as Extract<keyof Row, string>[];
  const writers = names.map((name) => columns[name] as Column<unknown>);
  return {
    names,
    write(out, row) {
      for (let i = 0; i < names.length; i++) (writers[i] as Column<unknown>)(out, row[names[i] as keyof Row]);
    },
  };
}

export const string: Column<Bytes> = (out, value) => out.string(value);
export const uint32: Column<number> = (out, value) => out.uint32(value);
/** Up to 2^53 - 1, which is as far as an offset in a Lambda event is exact. */
export const uint64: Column<number> = (out, value) => out.int64(value);
export const uint128: Column<bigint> = (out, value) => {
  out.uint64(value & 0xffffffffffffffffn);
  out.uint64(value >> 64n);
};
/** Days since the epoch. */
export const date: Column<number> = (out, days) => out.uint16(days);
/** Ticks since the epoch in the column's own precision: microseconds for DateTime64(6). */
export const dateTime64: Column<number> = (out, ticks) => out.int64(ticks);
/** A Decimal of up to 18 digits, as the whole number of its smallest units; exact up to 2^53. */
export const decimal64: Column<number> = (out, units) => out.int64(units);
/** In text form; stored as two 64-bit halves, the high one first. */
export const uuid: Column<string> = (out, value) => {
  const hex = value.replaceAll("-", "");
  out.uint64(BigInt(`0x${hex.slice(0, 16)}`));
  out.uint64(BigInt(`0x${hex.slice(16)}`));
};
export const nullable =
  <Value>(column: Column<Value>): Column<Value | undefined> =>
  (out, value) => {
    out.uint8(value === undefined ? 1 : 0);
    if (value !== undefined) column(out, value);
  };
/** An Array of Tuples or a Map: the two are written alike. */
export const arrayOfPairs: Column<[string, Bytes][]> = (out, pairs) => {
  out.length(pairs.length);
  for (const [name, value] of pairs) {
    out.string(name);
    out.string(value);
  }
};

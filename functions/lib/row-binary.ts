/** Rows to ClickHouse's RowBinary. Format: https://clickhouse.com/docs/interfaces/formats/RowBinary */

/** Appends values to one growing buffer. */
export class ByteWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  /** Makes room for `size` bytes and gives back where they start; `#bytes` may be another buffer after it. */
  #reserve(size: number): number {
    const start = this.#length;
    this.#length = start + size;
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, start);
      this.#bytes = larger;
    }
    return start;
  }

  uint32(value: number): void {
    const start = this.#reserve(4);
    this.#bytes.writeUInt32LE(value, start);
  }

  /** A whole number from -(2^53 - 1) to 2^53 - 1, as 64 bits in two's complement. */
  int64(value: number): void {
    const start = this.#reserve(8);
    this.#bytes.writeUInt32LE(value >>> 0, start);
    this.#bytes.writeInt32LE(Math.floor(value / 2 ** 32), start + 4);
  }

  uint64(value: bigint): void {
    const start = this.#reserve(8);
    this.#bytes.writeBigUInt64LE(value, start);
  }

  /** An unsigned LEB128 number: the length before strings and arrays. */
  length(value: number): void {
    let rest = value;
    for (; rest > 127; rest >>>= 7) this.#byte((rest & 127) | 128);
    this.#byte(rest);
  }

  string(value: string | Uint8Array): void {
    const size = typeof value === "string" ? Buffer.byteLength(value) : value.length;
    this.length(size);
    const start = this.#reserve(size);
    if (typeof value === "string") this.#bytes.write(value, start, "utf8");
    else this.#bytes.set(value, start);
  }

  #byte(value: number): void {
    const start = this.#reserve(1);
    this.#bytes[start] = value;
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}

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
  return {
    names,
    write(out, row) {
      for (const name of names) columns[name](out, row[name]);
    },
  };
}

export const string: Column<string | Uint8Array> = (out, value) => out.string(value);
export const uint32: Column<number> = (out, value) => out.uint32(value);
/** Up to 2^53 - 1, which is as far as an offset in a Lambda event is exact. */
export const uint64: Column<number> = (out, value) => out.int64(value);
export const uint128: Column<bigint> = (out, value) => {
  out.uint64(value & 0xffffffffffffffffn);
  out.uint64(value >> 64n);
};
/** Ticks since the epoch in the column's own precision: microseconds for DateTime64(6). */
export const dateTime64: Column<number> = (out, ticks) => out.int64(ticks);
/** In text form; stored as two 64-bit halves, the high one first. */
export const uuid: Column<string> = (out, value) => {
  const hex = value.replaceAll("-", "");
  out.uint64(BigInt(`0x${hex.slice(0, 16)}`));
  out.uint64(BigInt(`0x${hex.slice(16)}`));
};
export const arrayOfPairs: Column<[string, Uint8Array][]> = (out, pairs) => {
  out.length(pairs.length);
  for (const [name, value] of pairs) {
    out.string(name);
    out.string(value);
  }
};

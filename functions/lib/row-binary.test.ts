import fc from "fast-check";
import { expect, test } from "vitest";
import { Span } from "../../events/envelope/span.ts";
import {
  arrayOfPairs,
  ByteWriter,
  date,
  dateTime64,
  encodeColumns,
  nullable,
  string,
  uint32,
  uint128,
  uuid,
} from "./row-binary.ts";

const bytes = (write: (out: ByteWriter) => void): Buffer => {
  const out = new ByteWriter(1);
  write(out);
  return out.finish();
};

test("64-bit numbers are two's complement, as BigInt writes them", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      const expected = Buffer.alloc(8);
      expected.writeBigInt64LE(BigInt(value));
      expect(bytes((out) => dateTime64(out, value))).toEqual(expected);
    }),
  );
});

test("128-bit numbers have the low half first", () => {
  const expected = Buffer.from("02000000000000000100000000000000", "hex");
  expect(bytes((out) => uint128(out, (1n << 64n) | 2n))).toEqual(expected);
});

test("a string has its length in bytes before it, seven bits a byte", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 400 }), (value) => {
      const written = bytes((out) => string(out, value));
      const size = Buffer.byteLength(value);
      const prefix = size < 128 ? [size] : [(size & 127) | 128, size >> 7];
      expect(written).toEqual(Buffer.concat([Buffer.from(prefix), Buffer.from(value)]));
      const inBody = new Span(Buffer.from(`"${value}"`), 1, 1 + size);
      expect(bytes((out) => string(out, inBody))).toEqual(written);
    }),
  );
});

test("a date is its day in 16 bits; a nullable has a byte before it that says whether it is absent", () => {
  expect(bytes((out) => date(out, 0xabcd)).toString("hex")).toBe("cdab");
  expect(bytes((out) => nullable(uint32)(out, 0)).toString("hex")).toBe("0000000000");
  expect(bytes((out) => nullable(uint32)(out, undefined)).toString("hex")).toBe("01");
});

test("a UUID is two halves, each with its low byte first", () => {
  const written = bytes((out) => uuid(out, "00112233-4455-6677-8899-aabbccddeeff"));
  expect(written.toString("hex")).toBe("7766554433221100ffeeddccbbaa9988");
});

test("an array has its length before its pairs", () => {
  const written = bytes((out) => arrayOfPairs(out, [["a", Buffer.from([255])]]));
  expect([...written]).toEqual([1, 1, 97, 1, 255]);
});

test("a row is its columns in the order they were named", () => {
  const columns = encodeColumns<{ second: string; first: string }>({ first: string, second: string });
  expect(columns.names).toEqual(["first", "second"]);
  expect(bytes((out) => columns.write(out, { second: "b", first: "a" })).toString()).toBe("\x01a\x01b");
});

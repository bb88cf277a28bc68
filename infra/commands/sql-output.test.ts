import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { lateError, readable } from "./sql-output.ts";

const tag = "abcdefghijklmnop";
const message = "Code: 395. DB::Exception: boom. (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO)\n";
const exception = `\r\n__exception__\r\n${tag}\r\n${message}${message.length} ${tag}\r\n__exception__\r\n`;

const pieces = (whole: string, size: number) =>
  Readable.from(whole.match(new RegExp(`[^]{1,${size}}`, "g"))?.map((piece) => Buffer.from(piece)) ?? []);

describe("an answer that ends in an error", () => {
  it.each([50, 777, 100_000])(
    "gives the rows before it and then the error, in pieces of %i bytes",
    async (size) => {
      const rows = "1\n2\n".repeat(20_000);
      let got = "";
      const stream = pieces(rows + exception, size).pipe(lateError(tag));
      stream.on("data", (chunk) => (got += chunk));
      await expect(new Promise((_, reject) => stream.on("error", reject))).rejects.toMatchObject({
        code: "395",
      });
      expect(got).toBe(rows);
    },
  );
});

it("an answer without an error passes unchanged, one that looks like it too", async () => {
  const rows = "__exception__\r\n".repeat(5000);
  expect(await text(pieces(rows, 1000).pipe(lateError(tag)))).toBe(rows);
  expect(await text(pieces(rows, 1000).pipe(lateError(undefined)))).toBe(rows);
});

it("what a terminal shows has no escape sequences, wherever the pieces are cut", async () => {
  const bytes = Buffer.from("a\x1b[31m\t👋\n");
  const stream = Readable.from([...bytes].map((byte) => Buffer.from([byte]))).pipe(readable());
  expect(await text(stream)).toBe("a␛[31m\t👋\n");
});

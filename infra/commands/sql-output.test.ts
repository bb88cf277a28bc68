import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { readable, untilError } from "./sql-output.ts";

const tag = "abcdefghijklmnop";
const message = "Code: 395. DB::Exception: boom. (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO)\n";
const exception = `\r\n__exception__\r\n${tag}\r\n${message}${message.length} ${tag}\r\n__exception__\r\n`;

const pieces = (whole: string, size: number) =>
  Readable.from(whole.match(new RegExp(`[^]{1,${size}}`, "g"))?.map((piece) => Buffer.from(piece)) ?? []);

/** Everything that came, and the error it ended with. */
async function drain(answer: AsyncIterable<Buffer | string>) {
  let got = "";
  try {
    for await (const chunk of answer) got += chunk;
  } catch (error) {
    return { got, error };
  }
  return { got, error: undefined };
}

describe("an answer that ends in an error", () => {
  const rows = "1\n2\n".repeat(20_000);

  it.each([50, 777, 100_000])(
    "gives the rows before it and then the error, in pieces of %i bytes",
    async (size) => {
      const { got, error } = await drain(untilError(pieces(rows + exception, size), tag));
      expect(got).toBe(rows);
      expect(error).toMatchObject({ code: "395", type: "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO" });
    },
  );

  it("gives the error when the connection breaks behind it, before it was read", async () => {
    const answer = new Readable({ read: () => undefined });
    answer.push(rows);
    const draining = drain(untilError(answer, tag));
    await setImmediate();
    answer.push(exception);
    answer.destroy(new Error("aborted"));
    expect(await draining).toEqual({ got: rows, error: expect.objectContaining({ code: "395" }) });
  });

  it("is broken when the connection breaks without one", async () => {
    const answer = new Readable({ read: () => undefined });
    answer.push(rows);
    const draining = drain(untilError(answer, tag));
    await setImmediate();
    answer.destroy(new Error("aborted"));
    expect(await draining).toEqual({ got: rows, error: new Error("aborted") });
  });
});

it("an answer without an error passes unchanged, one that looks like it too", async () => {
  const rows = "__exception__\r\n".repeat(5000);
  for (const given of [tag, undefined])
    expect(await drain(untilError(pieces(rows, 1000), given))).toEqual({ got: rows, error: undefined });
});

it("what a terminal shows has no escape sequences, wherever the pieces are cut", async () => {
  const bytes = [...Buffer.from("a\x1b[31m\t👋\n")].map((byte) => Buffer.from([byte]));
  expect((await drain(readable(Readable.from(bytes)))).got).toBe("a␛[31m\t👋\n");
});

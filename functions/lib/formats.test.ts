import { describe, expect, test } from "vitest";
import type { Answer } from "./ask.ts";
import { chooseFormat, encode } from "./formats.ts";
import type { HttpEvent } from "./http-event.ts";

const answer: Answer = {
  meta: [
    { name: "name", type: "String" },
    { name: "n", type: "Nullable(UInt8)" },
    { name: "list", type: "Array(String)" },
  ],
  data: [
    { name: 'a "b", c\r\nd', n: 0, list: ["x", "y"] },
    { name: "", n: null, list: [] },
    { name: "日本 👋", n: 1, list: [] },
  ],
  rows: 3,
  next: null,
  statistics: { elapsed_ms: 1, rows_read: 2, bytes_read: 3 },
};

test("CSV has the columns' names, quotes what would break it, and tells the empty text from null", () => {
  expect(encode(answer, "csv")).toBe(
    'name,n,list\r\n"a ""b"", c\r\nd",0,"[""x"",""y""]"\r\n"",,[]\r\n日本 👋,1,[]\r\n',
  );
  expect(encode({ ...answer, data: [] }, "csv")).toBe("name,n,list\r\n");
});

test("NDJSON has one row a line, JSON the whole answer", () => {
  expect(
    encode(answer, "ndjson")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual(answer.data);
  expect(JSON.parse(encode(answer, "json"))).toEqual(answer);
});

describe("the format", () => {
  const choose = (accept?: string, format?: string) =>
    chooseFormat({
      headers: accept === undefined ? {} : { accept },
      queryStringParameters: format === undefined ? undefined : { format },
    } as unknown as HttpEvent);

  test.each([
    [undefined, undefined, "json"],
    ["*/*", undefined, "json"],
    ["text/csv", undefined, "csv"],
    ["text/html, application/x-ndjson;q=0.5, application/json;q=0.1", undefined, "ndjson"],
    ["application/json;q=0, text/csv;q=0.1", undefined, "csv"],
    ["application/json", "csv", "csv"],
    ["", undefined, "json"],
  ])("for Accept %s and format=%s is %s", (accept, format, expected) => {
    expect(choose(accept, format)).toBe(expected);
  });

  test("nobody has is 406, and an unknown name is 400", () => {
    expect(() => choose("image/png")).toThrow(expect.objectContaining({ status: 406 }));
    expect(() => choose("constructor, __proto__")).toThrow(expect.objectContaining({ status: 406 }));
    expect(() => choose("*/*", "xml")).toThrow(expect.objectContaining({ status: 400 }));
  });
});

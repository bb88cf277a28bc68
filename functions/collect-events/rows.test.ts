import fc from "fast-check";
import { expect, test } from "vitest";
import { mostEvents, splitRows } from "./rows.ts";

const json = "application/json";

test("an array comes apart into the texts of its elements, whatever they hold", () => {
  fc.assert(
    fc.property(
      fc.array(fc.json(), { minLength: 1 }),
      fc.constantFrom("", " ", "\n\t "),
      (elements, space) => {
        const body = `${space}[${elements.map((one) => `${space}${one}${space}`).join(",")}]${space}`;
        expect(splitRows(body, json)).toEqual(elements);
      },
    ),
  );
});

test.each([
  ["one object over several lines", '{\n  "a": 1\n}', json, ['{\n  "a": 1\n}']],
  ["one a line, whatever the type says", '{"a":1}\n\n{"b":2}\r\n', "text/plain", ['{"a":1}', '{"b":2}']],
  [
    "a broken line among others",
    '{"a":1}\n{"b":\n{"c":3}',
    "application/x-ndjson",
    ['{"a":1}', '{"b":', '{"c":3}'],
  ],
  ["a line that is an array", '[1]\n{"c":3}', "application/x-ndjson", ["[1]", '{"c":3}']],
  ["a broken element among others", '[{"a":1},{"b":},{"c":3}]', json, ['{"a":1}', '{"b":}', '{"c":3}']],
  ["a comma too many", '[{"a":1},]', json, ['{"a":1}', ""]],
  [
    "brackets and quotes within texts",
    String.raw`[{"a":"]\"},["},"]"]`,
    json,
    [String.raw`{"a":"]\"},["}`, '"]"'],
  ],
])("%s", (_what, body, type, rows) => {
  expect(splitRows(body, type)).toEqual(rows);
});

test.each([
  ["nothing", "", 400],
  ["blanks", " \n ", 400],
  ["an empty array", "[ ]", 400],
  ["an array that does not end", '[{"a":1}', 400],
  ["a text that does not end", '["a]', 400],
  ["something behind the array", '[{"a":1}]x', 400],
  ["a hundred thousand brackets", "[".repeat(100_000), 400],
  ["too many events", "{}\n".repeat(mostEvents + 1), 413],
])("%s is refused with a reason", (_what, body, status) => {
  expect(() => splitRows(body, json)).toThrow(expect.objectContaining({ status }));
});

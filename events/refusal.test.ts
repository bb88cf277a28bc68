import fc from "fast-check";
import { expect, test } from "vitest";
import { reasons } from "./contract.ts";
import { formatRefusal, parseRefusal } from "./refusal.ts";

test("a refusal comes back as it was written", () => {
  const text = fc.string({ unit: "grapheme" });
  fc.assert(
    fc.property(text, fc.constantFrom(...reasons), text, (source, reason, detail) => {
      expect(parseRefusal(formatRefusal({ source, reason, detail }))).toEqual({ source, reason, detail });
    }),
  );
});

test.each([
  "",
  "null",
  "{",
  "[]",
  '{"source":"http:web","reason":"because","detail":""}',
  '{"reason":"oversized"}',
])("%j is no refusal", (value) => {
  expect(parseRefusal(value)).toBeUndefined();
});

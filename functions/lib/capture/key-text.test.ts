import fc from "fast-check";
import { expect, test } from "vitest";
import { formatKey, parseKey } from "./key-text.ts";

test("a key comes back as its values, whatever they hold", () => {
  expect(formatKey(["ann", "uk"])).toBe("3:ann2:uk");
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme" })), (values) => {
      expect(parseKey(formatKey(values))).toEqual(values);
    }),
  );
});

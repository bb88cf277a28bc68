import fc from "fast-check";
import { expect, test } from "vitest";
import * as z from "zod";
import { compile, unsure } from "./accept.ts";
import { identifier, text } from "./contract.ts";
import { timestamp } from "./timestamp.ts";

const schema = z.object({
  name: identifier,
  note: text.optional(),
  hint: text.max(5).nullable().optional(),
  count: z.int().min(0).max(10),
  share: z.number().gt(0).lt(1),
  at: timestamp,
  kind: z.enum(["a", "b"]),
  flag: z.boolean(),
  id: z.uuid(),
  level: z.int().default(3),
});

const plain = {
  name: "x",
  count: 3,
  share: 0.5,
  at: "2026-01-02T03:04:05.678Z",
  kind: "a",
  flag: false,
  id: "018bcfe5-6800-7000-8000-000000000000",
  level: 1,
  hint: null,
};
const fields = [...Object.keys(plain), "note", "stray", "__proto__"];
const odd = fc.oneof(
  fc.json().map((json) => JSON.parse(json)),
  fc.constantFrom("", "\ud800", "a".repeat(1024), "a".repeat(1025), "2026-02-30T00:00:00.000Z"),
  fc.constantFrom(-1, -0, 0, 0.5, 1, 10, 10.5, 11, 2 ** 53, 1e300),
);

test("what is accepted quickly is what the schema accepts, and its output is the schema's, to the last key", () => {
  const accept = compile(schema);
  fc.assert(
    fc.property(fc.constantFrom(...fields), odd, (field, change) => {
      const value = JSON.parse(JSON.stringify({ ...plain, [field]: change }));
      const quick = accept(value);
      const { success, data } = schema.safeParse(value);
      expect(quick === unsure).toBe(!success);
      if (success) expect(quick).toEqual(data);
    }),
    { numRuns: 3000 },
  );
});

test("a value that is left out and has a default is left to the schema", () => {
  const { level: _, ...without } = plain;
  expect(compile(schema)(without)).toBe(unsure);
});

test.each([null, [], "{}", 7, {}, { ...plain, name: "" }])(
  "what the schema refuses is unsure: %j",
  (value) => {
    expect(compile(schema)(value)).toBe(unsure);
  },
);

test.each([
  ["strict objects", z.strictObject({ a: text })],
  ["objects that keep what they do not know", z.looseObject({ a: text })],
  ["objects with rules of their own", z.object({ a: text }).refine(() => false)],
  ["whatever is no object", z.string()],
])("%s are left to the schema", (_, other) => {
  expect(compile(other)({ a: "x" })).toBe(unsure);
});

test("values that a schema changes are changed", () => {
  const changing = z.object({ trimmed: z.string().trim(), number: z.coerce.number() });
  expect(compile(changing)({ trimmed: " x ", number: "7" })).toEqual({ trimmed: "x", number: 7 });
});

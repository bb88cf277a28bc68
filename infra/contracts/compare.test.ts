import { expect, test } from "vitest";
import * as z from "zod";
import { findNarrowings } from "./compare.ts";
import { schemaOf } from "./schemas.ts";

const before = z.object({
  id: z.string().min(1).max(100),
  kind: z.enum(["a", "b"]),
  size: z.int().min(0).max(10).optional(),
  note: z.string().nullable().optional(),
  tags: z.array(z.object({ name: z.string() })).optional(),
  address: z.union([z.string(), z.number()]),
});
const { id, size, tags } = before.shape;

const narrowings = (after: z.ZodType) =>
  findNarrowings(schemaOf(before), schemaOf(after)).map(({ field, what }) => `${field} ${what}`);

test.each([
  ["is the same", before],
  ["has a new optional field", before.extend({ extra: z.int().optional() })],
  ["takes another value", before.extend({ kind: z.enum(["c", "b", "a"]) })],
  ["takes any text for values of a list", before.extend({ kind: z.string() })],
  ["has wider limits", before.extend({ id: z.string().max(101), size: z.int().min(-1).max(11).optional() })],
  ["takes numbers for whole numbers", before.extend({ size: z.number().min(0).max(10).optional() })],
  ["leaves a field out", before.extend({ id: id.optional(), address: z.string().or(z.number()).optional() })],
  ["takes null as well", before.extend({ id: id.nullable(), tags: tags.nullable() })],
  ["takes anything", before.extend({ address: z.unknown() })],
  ["has other words", before.extend({ id: id.describe("a name") })],
])("what %s takes all it took", (_what, after) => {
  expect(narrowings(after)).toEqual([]);
});

test.each([
  ["a new required field", before.extend({ extra: z.int() }), "extra is required, and was not"],
  ["an optional field required", before.extend({ size: size.unwrap() }), "size is required, and was not"],
  ["a field gone", before.omit({ size: true }), "size is gone: what is sent in it would be dropped"],
  ["a value gone", before.extend({ kind: z.enum(["b", "c"]) }), 'kind no longer takes "a"'],
  [
    "a list for any text",
    before.extend({ note: z.enum(["x"]).nullable().optional() }),
    'note took any string and takes only "x"',
  ],
  ["another type", before.extend({ id: z.int() }), "id took string and takes only integer"],
  ["one type of two", before.extend({ address: z.string() }), "address took number and takes only string"],
  ["null refused", before.extend({ note: z.string().optional() }), "note took null and takes only string"],
  [
    "whole numbers only",
    z.object({ ...before.shape, address: z.union([z.string(), z.int()]) }),
    "address no longer takes number",
  ],
  ["a shorter text", before.extend({ id: z.string().min(1).max(99) }), "id has maxLength 99, which was 100"],
  ["a longer text", before.extend({ id: z.string().min(2).max(100) }), "id has minLength 2, which was 1"],
  [
    "a limit where none was",
    before.extend({ note: z.string().max(9).nullable().optional() }),
    "note has maxLength 9, which was not limited",
  ],
  [
    "a pattern",
    before.extend({ id: z.string().min(1).max(100).regex(/x/) }),
    "id has another pattern, and whether it takes all it took cannot be told",
  ],
  [
    "a narrower object in a list",
    before.extend({ tags: z.array(z.object({ name: z.string().max(5) })).optional() }),
    "tags[].name has maxLength 5, which was not limited",
  ],
  ["names refused that are not its own", z.strictObject(before.shape), ".* is refused, and was not"],
])("%s is found and named", (_what, after, sentence) => {
  expect(narrowings(after)).toEqual([sentence]);
});

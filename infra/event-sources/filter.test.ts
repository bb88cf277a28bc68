import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileFilter } from "./filter.ts";

const matches = (pattern: unknown, body: string | Buffer | null) =>
  compileFilter([{ value: pattern }], "value")(typeof body === "string" ? Buffer.from(body) : body);
const matchesJson = (pattern: unknown, document: unknown) => matches(pattern, JSON.stringify(document));

/** [rule list at `a`, values of `a` that match, values that do not]; undefined is an absent field. */
const rules: [rule: unknown[], matching: unknown[], others: unknown[]][] = [
  [[null], [null, [1, null]], ["null", 0, undefined]],
  [[""], [""], [null, " ", undefined]],
  [["Alice"], ["Alice", ["Bob", "Alice"]], ["alice", "Alice ", undefined, { b: "Alice" }]],
  [["Alice", "Bob"], ["Alice", "Bob"], ["Carol"]],
  [[true], [true], ["true", 1]],
  [[300], [300], ["300", 301]],
  [[{ "equals-ignore-case": "alice" }], ["ALICE", "Alice"], ["Al", 1]],
  [[{ prefix: "us-" }], ["us-east-1", ["eu", "us-"]], ["eu", "US-", 5, undefined]],
  [[{ suffix: ".png" }], ["a.png"], ["a.PNG", ".pngx"]],
  [[{ "anything-but": ["Weather"] }], ["Sunny", 1, null], ["Weather", undefined]],
  [[{ "anything-but": "a" }], ["b"], ["a"]],
  [[{ "anything-but": [1, 2] }], [3, "1"], [1, 2]],
  [[{ numeric: ["=", 100] }], [100, 1e2], [100.5, "100"]],
  [[{ numeric: [">", 10, "<=", 20] }], [11, 20, [5, 15]], [10, 21, undefined]],
  [[{ exists: true }], ["x", null, 0, [1]], [undefined, { b: 1 }, []]],
  [[{ exists: false }], [undefined, { b: 1 }], ["x", null]],
  [["x", { exists: false }], ["x", undefined], ["y"]],
];

describe("a filter pattern", () => {
  test.each(rules)("with the rule %j", (rule, matching, others) => {
    for (const a of matching) expect([a, matchesJson({ a: rule }, { a })]).toEqual([a, true]);
    for (const a of others) expect([a, matchesJson({ a: rule }, { a })]).toEqual([a, false]);
  });

  test("compares exact numbers as they are written", () => {
    expect([300, "300.0", "3.0e2"].map((number) => matches({ a: [300] }, `{"a": ${number}}`))).toEqual([
      true,
      false,
      false,
    ]);
    expect(matches({ a: [{ numeric: ["=", 300] }] }, '{"a": 3.0e2}')).toBe(true);
  });

  test("wants every field, and any of $or", () => {
    const pattern = { kind: ["sale"], $or: [{ price: [{ numeric: [">", 10] }] }, { vip: [true] }] };
    expect(matchesJson(pattern, { kind: "sale", price: 11 })).toBe(true);
    expect(matchesJson(pattern, { kind: "sale", price: 1, vip: true })).toBe(true);
    expect(matchesJson(pattern, { kind: "sale", price: 1 })).toBe(false);
    expect(matchesJson(pattern, { kind: "view", price: 11 })).toBe(false);
  });

  test("looks into maps, lists of maps and absent ones", () => {
    expect(matchesJson({ a: { b: ["x"] } }, { a: { b: "x" } })).toBe(true);
    expect(matchesJson({ a: { b: ["x"] } }, { a: [{ b: "y" }, { b: "x" }] })).toBe(true);
    expect(matchesJson({ a: { b: ["x"] } }, { a: "x" })).toBe(false);
    expect(matchesJson({ a: { b: [{ exists: false }] } }, {})).toBe(true);
    expect(matchesJson({ constructor: ["x"] }, {})).toBe(false);
  });

  test("as a list is compared with the body as text", () => {
    expect(matches([{ "anything-but": ["error"] }], "fine")).toBe(true);
    expect(matches([{ "anything-but": ["error"] }], "error")).toBe(false);
    expect(matches(["42"], "42")).toBe(true);
  });
});

describe("a body of another kind than the pattern", () => {
  test("is let through", () => {
    expect(matches({ a: ["x"] }, "plain text")).toBe(true);
    expect(matches(["x"], '{"a": "x"}')).toBe(true);
    expect(matches({ a: ["x"] }, Buffer.from([0xff, 0xfe]))).toBe(true);
    expect(matches(["x"], Buffer.from([0xff, 0xfe]))).toBe(true);
  });

  test("is held back if the project wants it so", () => {
    const drops = (pattern: unknown, body: Buffer) =>
      !compileFilter([{ value: pattern }], "value", "drop")(body);
    expect(drops({ a: ["x"] }, Buffer.from("plain text"))).toBe(true);
    expect(drops(["x"], Buffer.from('{"a": "x"}'))).toBe(true);
    expect(drops(["x"], Buffer.from([0xff, 0xfe]))).toBe(true);
    expect(drops({ a: ["x"] }, Buffer.from('{"a": "x"}'))).toBe(false);
  });

  test("unless it is a tombstone, which has no field at all", () => {
    expect(matches({ a: ["x"] }, null)).toBe(false);
    expect(matches(["x"], null)).toBe(false);
    expect(matches({ a: [{ exists: false }] }, null)).toBe(true);
  });
});

test("several patterns let through what any of them matches", () => {
  const filter = compileFilter([{ data: { a: ["x"] } }, { data: { b: ["y"] } }], "data");
  expect(
    [{ a: "x" }, { b: "y" }, { a: "y" }].map((body) => filter(Buffer.from(JSON.stringify(body)))),
  ).toEqual([true, true, false]);
});

test("what Lambda does not know is refused by name", () => {
  const compile = (pattern: Record<string, unknown>) => () => compileFilter([pattern], "value");
  expect(compile({ key: ["x"] })).toThrow('a filter pattern may only have value, not "key"');
  expect(compile({ value: { a: [{ wildcard: "*" }] } })).toThrow(
    'value.a: Lambda has no rule {"wildcard":"*"}',
  );
  expect(compile({ value: { a: [{ numeric: [">", "10"] }] } })).toThrow("Lambda has no rule");
  expect(compile({ value: { a: [] } })).toThrow("value.a is an empty list");
  expect(compile({ value: { a: "x" } })).toThrow('value.a must be a map or a list, not "x"');
  expect(compile({ value: { $or: { a: ["x"] } } })).toThrow("value.$or must be a list of maps");
});

const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));

test("any document matches the pattern made of its own leaves, and none that wants another value", () => {
  const document = fc.dictionary(
    fc.string().filter((key) => key !== "$or"),
    scalar,
    { minKeys: 1 },
  );
  fc.assert(
    fc.property(document, (fields) => {
      const pattern = Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, [value]]));
      expect(matchesJson(pattern, fields)).toBe(true);
      const [key = ""] = Object.keys(fields);
      expect(matchesJson({ ...pattern, [key]: [`not ${fields[key]}`] }, fields)).toBe(false);
    }),
  );
});

test("no body whatever makes a filter fail", () => {
  const filters = rules.map(([rule]) => compileFilter([{ value: { a: rule } }], "value"));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), fc.json().map(Buffer.from)), (body) => {
      for (const filter of filters) expect(typeof filter(Buffer.from(body))).toBe("boolean");
    }),
  );
});

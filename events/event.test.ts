import fc from "fast-check";
import { expect, test } from "vitest";
import { type EventInput, event } from "./event.ts";

const plain = { id: "1", event_type: "click", timestamp: "2026-03-01T10:00:00Z" };
const sale = { ...plain, event_type: "ticket_purchase", quantity: 2, price: 19.99, currency: "EUR" };

const decode = (value: object) => event.decode(Buffer.from(JSON.stringify(value)));

test("an event comes back as it was sent: text as it is, anything else in JSON, moments in microseconds", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 50 });
  const value = fc.oneof(text, fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.boolean(), fc.array(text));
  fc.assert(
    fc.property(text, fc.dictionary(text, value), (user_id, properties) => {
      const input: EventInput = { ...plain, user_id, properties };
      expect(event.decode(event.encode(input))).toEqual({
        ok: true,
        event: {
          ...input,
          timestamp: Date.parse(plain.timestamp) * 1000,
          properties: Object.entries(properties).map(([name, one]) => [
            name,
            typeof one === "string" ? one : JSON.stringify(one),
          ]),
        },
      });
    }),
  );
});

test("an absent field may be null, a null property is none, and keys nobody knows are left out", () => {
  const given = { ...plain, user_id: null, price: null, properties: { a: null, b: "" }, stray: 1 };
  expect(decode(given)).toMatchObject({ ok: true, event: { user_id: null, properties: [["b", ""]] } });
});

test.each([
  [19.99, 199_900],
  ["19.99", 199_900],
  ["19.990000", 199_900],
  [0, 0],
  [900_000_000_000, 9e15],
  [0.0001, 1],
  [0.1 + 0.2, undefined],
  [1e-7, undefined],
  [-1, undefined],
  [1e12, undefined],
  ["1,50", undefined],
  ["", undefined],
  ["0x10", undefined],
])("the price %j is %j ten-thousandths", (price, units) => {
  const decoded = decode({ ...sale, price });
  expect(decoded.ok ? decoded.event.price : undefined).toBe(units);
});

test("a sale may come to eighteen digits of ten-thousandths", () => {
  expect(decode({ ...sale, quantity: 999_999, price: 100_000_000 })).toMatchObject({ ok: true });
});

test.each([
  ["id", { ...plain, id: "" }, "invalid_event"],
  ["id", { ...plain, id: 7 }, "invalid_event"],
  ["id", { ...plain, id: "x".repeat(201) }, "oversized"],
  ["event_type", { ...plain, event_type: undefined }, "invalid_event"],
  ["timestamp", { ...plain, timestamp: "yesterday" }, "invalid_event"],
  ["timestamp", { ...plain, timestamp: "1969-12-31" }, "unsupported_value"],
  ["user_id", { ...plain, user_id: "\ud800" }, "unsupported_value"],
  ["properties", { ...plain, properties: [] }, "invalid_event"],
  ["properties", { ...plain, properties: "x" }, "invalid_event"],
  ["quantity", { ...sale, quantity: -1 }, "invalid_event"],
  ["quantity", { ...sale, quantity: 2 ** 32 }, "invalid_event"],
  ["quantity", { ...sale, quantity: undefined }, "invalid_event"],
  ["currency", { ...sale, currency: null }, "invalid_event"],
  ["currency", { ...sale, currency: "EURO" }, "invalid_event"],
  ["price", { ...sale, quantity: 1_000_000, price: 100_000_000 }, "unsupported_value"],
  ["price", { ...sale, event_type: "click" }, "invalid_event"],
])("a wrong %s is refused, and named", (field, value, reason) => {
  expect(decode(value)).toMatchObject({ ok: false, reason, field });
});

const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

test.each([
  ["a whole number past 2^53", '{"n":9007199254740993}', "properties.n"],
  ["one within an object", '{"o":{"n":[1,12345678901234567890]}}', "properties.o"],
  ["an infinite number", '{"n":1e400}', "properties.n"],
  ["half a surrogate pair", String.raw`{"t":["\ud83d"]}`, "properties.t"],
  ["a name that is half a pair", String.raw`{"o":{"\ud83d":1}}`, "properties.o"],
  ["nesting of 40", nested(40), "properties.a"],
  ["nesting of 100,000", nested(100_000), "properties.a"],
])("properties with %s are refused as unsupported", (_what, json, field) => {
  const body = `{"id":"1","event_type":"x","timestamp":"2026-03-01","properties":${json}}`;
  expect(event.decode(Buffer.from(body))).toMatchObject({ ok: false, reason: "unsupported_value", field });
});

test("names that JavaScript gives a meaning are names like others", () => {
  const body = `{"id":"1","event_type":"x","timestamp":"2026-03-01","__proto__":{"id":"2"},"constructor":1,
    "properties":{"__proto__":{"polluted":true},"constructor":"c","toString":"t"}}`;
  expect(event.decode(Buffer.from(body))).toMatchObject({
    ok: true,
    event: {
      id: "1",
      properties: [
        ["__proto__", '{"polluted":true}'],
        ["constructor", "c"],
        ["toString", "t"],
      ],
    },
  });
  expect({}).not.toHaveProperty("polluted");
});

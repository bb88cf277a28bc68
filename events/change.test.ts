import { expect, test } from "vitest";
import { change, parseExactly } from "./change.ts";

const source = { version: "3.4.0.Final", connector: "postgresql", ts_us: 1_795_350_000_000_000 };
const decode = (value: unknown) =>
  change.decode(Buffer.from(typeof value === "string" ? value : JSON.stringify(value)));

test("the position is the pair of source.sequence, exactly, also beyond 2^53", () => {
  const sequence = '["9223372036854775800","9223372036854775807"]';
  expect(decode({ op: "c", after: { id: 1 }, source: { ...source, sequence } })).toMatchObject({
    event: { commit: 9223372036854775800n, lsn: 9223372036854775807n, at: 1_795_350_000_000_000 },
  });
  expect(decode({ op: "r", after: { id: 1 }, source: { ...source, sequence: '[null,"7"]' } })).toMatchObject({
    event: { operation: "read", commit: undefined, lsn: 7n },
  });
});

test("whole numbers that a double would not hold stay as they are, others are plain numbers", () => {
  expect(
    parseExactly(
      '{"a":9007199254740993,"b":-9223372036854775808,"c":[1.5,1e300],"d":"12345678901234567890"}',
    ),
  ).toEqual({
    a: 9007199254740993n,
    b: -9223372036854775808n,
    c: [1.5, 1e300],
    d: "12345678901234567890",
  });
  const text = '"source":{"version":';
  expect(parseExactly(`{"after":{"a":${JSON.stringify(text)},"b":9007199254740993}}`)).toEqual({
    after: { a: text, b: 9007199254740993n },
  });
});

test("tombstones, heartbeats and messages of the log are nothing to apply", () => {
  const nothing = { ok: true, event: { kind: "nothing" } };
  expect(change.decode(null)).toEqual(nothing);
  expect(decode({ ts_ms: 1 })).toEqual(nothing);
  expect(decode({ op: "m", source, message: { prefix: "p", content: "" } })).toEqual(nothing);
});

test("an envelope that brings its schema along is read as well", () => {
  const payload = { op: "d", before: { id: 1 }, after: null, source: { ...source, sequence: '["1","2"]' } };
  expect(decode({ schema: {}, payload })).toMatchObject({
    event: { operation: "delete", before: { id: 1 } },
  });
});

test.each([
  ["{", "malformed_json"],
  ["[]", "invalid_event"],
  ["null", "invalid_event"],
  ['{"op":"c"}', "invalid_event"],
  ['{"op":"c","after":null,"source":{"lsn":1}}', "invalid_event"],
  ['{"op":"c","after":{},"source":{}}', "invalid_event"],
  ['{"op":"z","after":{},"source":{"lsn":1}}', "unknown_operation"],
  ['{"op":"toString","after":{},"source":{"lsn":1}}', "unknown_operation"],
])("%s is rejected as %s", (text, reason) => {
  expect(decode(text)).toMatchObject({ ok: false, reason });
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { chatMessage } from "./chat-message.ts";
import type { Decoder } from "./contract.ts";
import { rating } from "./rating.ts";
import { shadow } from "./shadow.ts";

const text = fc.string({ unit: "grapheme" });
const name = fc.string({ unit: "grapheme", minLength: 1 });
const moment = fc.date({ min: new Date("1900-01-01"), max: new Date("2254-12-31"), noInvalidDate: true });
const micros = (iso: string) => Date.parse(iso) * 1000;

const contracts: (Decoder<unknown> & { name: string })[] = [chatMessage, rating, shadow];

test("a chat message comes back as it was sent", () => {
  fc.assert(
    fc.property(name, text, moment, (username, message, at) => {
      const sent_at = at.toISOString();
      const decoded = chatMessage.decode(chatMessage.encode({ username, message, sent_at }));
      expect(decoded).toEqual({ ok: true, event: { username, message, sent_at: micros(sent_at) } });
    }),
  );
});

test("a rating comes back as it was sent", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), name, (value, unique_id) => {
      expect(rating.decode(rating.encode({ rating: value, unique_id }))).toEqual({
        ok: true,
        event: { rating: value, unique_id },
      });
    }),
  );
});

test("a classified human comes back with the name of the type, sent as a number or as a name", () => {
  const types = fc.constantFrom<[number | string, string]>(
    [15, "ShaDow"],
    ["Sha", "Sha"],
    [5, "Dow"],
    [0, "Incompatible"],
  );
  fc.assert(
    fc.property(types, name, moment, ([type, known], unique_id, at) => {
      const emit_timestamp = at.toISOString();
      expect(shadow.decode(shadow.encode({ type, unique_id, emit_timestamp }))).toEqual({
        ok: true,
        event: { type: known, unique_id, emit_timestamp: micros(emit_timestamp) },
      });
    }),
  );
});

test.each(contracts)("whatever the bytes are, $name answers with an event or a rejection", (contract) => {
  const json = fc.json().map((value) => Buffer.from(value));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), json, fc.constant(null)), (bytes) => {
      const decoded = contract.decode(bytes);
      expect(decoded.ok || decoded.detail.length > 0).toBe(true);
    }),
  );
});

test.each([
  ["0", "invalid_event"],
  ["101", "invalid_event"],
  ["-15", "invalid_event"],
  ["15.5", "invalid_event"],
  ['"15"', "invalid_event"],
  ["1e400", "invalid_event"],
  ["true", "invalid_event"],
  ["null", "invalid_event"],
  ["15,", "malformed_json"],
])("a rating of %s is rejected as %s", (value, reason) => {
  const decoded = rating.decode(Buffer.from(`{"rating": ${value}, "unique_id": "ann"}`));
  expect(decoded).toMatchObject({ ok: false, reason });
});

test("a rating without an id, or with an empty one, is rejected and the field is named", () => {
  for (const body of ['{"rating": 3}', '{"rating": 3, "unique_id": ""}']) {
    expect(rating.decode(Buffer.from(body))).toMatchObject({
      reason: "invalid_event",
      detail: expect.stringContaining("unique_id"),
    });
  }
});

test("bytes that are not UTF-8 are malformed, half a surrogate pair is unsupported", () => {
  const broken = Buffer.concat([
    Buffer.from('{"username":"'),
    Buffer.from([0xff]),
    Buffer.from('","message":""}'),
  ]);
  expect(chatMessage.decode(broken)).toMatchObject({ reason: "malformed_json" });
  const half = Buffer.from('{"username":"ann","message":"\\ud83d"}');
  expect(chatMessage.decode(half)).toMatchObject({ reason: "unsupported_value" });
});

test("a tombstone is rejected", () => {
  expect(shadow.decode(null)).toMatchObject({ ok: false, reason: "invalid_event" });
});

test("a type that is not in the table of categories is rejected, a number in quotes too", () => {
  for (const type of ["7", '"15"', '"shadow"', "null"]) {
    const body = `{"type": ${type}, "unique_id": "ann", "emit_timestamp": "2026-01-01"}`;
    expect(shadow.decode(Buffer.from(body))).toMatchObject({ reason: "invalid_event" });
  }
});

test("an id too long to be a key is oversized, a long message is not", () => {
  const long = "x".repeat(1025);
  expect(rating.decode(rating.encode({ rating: 1, unique_id: long }))).toMatchObject({ reason: "oversized" });
  expect(chatMessage.decode(chatMessage.encode({ username: "ann", message: long.repeat(5000) })).ok).toBe(
    true,
  );
});

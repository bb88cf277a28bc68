import fc from "fast-check";
import { expect, test } from "vitest";
import { chatMessage } from "./chat-message.ts";
import { type CommitInput, commit } from "./commit.ts";
import type { Decoder } from "./contract.ts";
import { event } from "./event.ts";
import { incompletePush } from "./github-push.ts";
import { rating } from "./rating.ts";
import { shadow } from "./shadow.ts";

const text = fc.string({ unit: "grapheme" });
const name = fc.string({ unit: "grapheme", minLength: 1 });
const moment = fc.date({ min: new Date("1900-01-01"), max: new Date("2254-12-31"), noInvalidDate: true });
const micros = (iso: string) => Date.parse(iso) * 1000;

const contracts: (Decoder<unknown> & { name: string })[] = [
  chatMessage,
  commit,
  event,
  incompletePush,
  rating,
  shadow,
];

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

test("an incomplete push comes back as it was sent", () => {
  const push = { repo: "ann/tea", branch: "größe/👋", before: "0".repeat(40), after: "b".repeat(64) };
  expect(incompletePush.decode(incompletePush.encode(push))).toEqual({ ok: true, event: push });
  expect(incompletePush.decode(incompletePush.encode({ ...push, after: "../x" }))).toMatchObject({
    ok: false,
  });
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

const lines = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const dateMoment = fc.date({
  min: new Date("1970-01-01"),
  max: new Date("2149-06-05"),
  noInvalidDate: true,
});

test("a commit comes back as it was sent, whichever of the optional fields it has", () => {
  const required = { commit_id: name, author: name, commit_message: text, commit_date: dateMoment };
  const optional = {
    repo: name,
    branch: text,
    authored_at: moment,
    committed_at: moment,
    additions: lines,
    deletions: lines,
  };
  const drawn = fc.record(
    { ...required, ...optional },
    { requiredKeys: Object.keys(required) as (keyof typeof required)[] },
  );
  const each = (event: object, of: (at: Date) => unknown) =>
    Object.fromEntries(Object.entries(event).map(([key, v]) => [key, v instanceof Date ? of(v) : v]));
  fc.assert(
    fc.property(drawn, (event) => {
      const input = each(event, (at) => at.toISOString()) as CommitInput;
      expect(commit.decode(commit.encode(input))).toEqual({
        ok: true,
        event: each(event, (at) => at.getTime() * 1000),
      });
    }),
  );
});

const published = { commit_id: "1a2b3c", author: "ann", commit_message: "Fix it", commit_date: "2026-03-01" };

test.each(["2026-03-01", "2026-03-01 00:00:00", "2026-03-01T00:00:00Z", "2026-03-01T01:00:00.000+01:00"])(
  "a commit's date is read as %s, in the four fields of older producers",
  (commit_date) => {
    const event = { ...published, commit_date: Date.UTC(2026, 2, 1) * 1000 };
    expect(commit.decode(commit.encode({ ...published, commit_date }))).toEqual({ ok: true, event });
  },
);

test.each([
  ["commit_date", "yesterday", "invalid_event"],
  ["commit_date", "2026-02-30", "invalid_event"],
  ["commit_date", 1767225600, "invalid_event"],
  ["commit_date", "1969-12-31", "unsupported_value"],
  ["commit_date", "2149-06-06", "unsupported_value"],
  ["commit_date", undefined, "invalid_event"],
  ["commit_id", "", "invalid_event"],
  ["commit_id", "x".repeat(1025), "oversized"],
  ["author", undefined, "invalid_event"],
  ["repo", "", "invalid_event"],
  ["additions", -1, "invalid_event"],
  ["additions", 2 ** 32, "invalid_event"],
  ["deletions", 1.5, "invalid_event"],
  ["committed_at", null, "invalid_event"],
])("a commit whose %s is %j is rejected as %s, and the field is named", (field, value, reason) => {
  const decoded = commit.decode(Buffer.from(JSON.stringify({ ...published, [field]: value })));
  expect(decoded).toMatchObject({ ok: false, reason, detail: expect.stringContaining(field) });
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

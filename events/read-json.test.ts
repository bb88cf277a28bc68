import fc from "fast-check";
import { expect, test } from "vitest";
import * as z from "zod";
import { unsure } from "./accept.ts";
import { chatMessage } from "./chat-message.ts";
import { commit } from "./commit.ts";
import { defineJsonContract, identifier, text } from "./contract.ts";
import { Span, spanOf } from "./envelope/span.ts";
import { incompletePush } from "./github-push.ts";
import { rating } from "./rating.ts";
import { openReader } from "./read-json.ts";
import { shadow } from "./shadow.ts";
import { dayTime, timestamp } from "./timestamp.ts";

const all = defineJsonContract(
  "all",
  z.object({
    id: identifier,
    note: text.optional(),
    hint: text.max(5).nullable().optional(),
    count: z.int().min(-5).max(10),
    share: z.number().gt(0).lt(100),
    at: timestamp,
    day: dayTime.optional(),
    kind: z.enum(["a", "b"]),
    flag: z.boolean(),
    tags: z.array(text).optional(),
    currency: text
      .regex(/^[A-Z]{3}$/)
      .nullable()
      .optional(),
  }),
);

const example = {
  id: "x",
  note: "grüße 👋",
  hint: null,
  count: 3,
  share: 5,
  at: "2026-01-02T03:04:05.678Z",
  day: "2026-01-28T23:59:59.999Z",
  kind: "a",
  flag: true,
  tags: ["a", '"]}'],
  currency: "EUR",
};

/** With strings where text was left in place, so that both ways can be compared. */
const asText = (decoded: unknown): unknown =>
  JSON.parse(JSON.stringify(decoded, (_, value) => (value instanceof Span ? value.toString() : value)));

const sameBothWays = (contract: typeof all | typeof commit, body: Buffer) => {
  // Others' bodies lie before and behind it, as in a batch.
  const span = new Span(Buffer.concat([Buffer.from('{"'), body, Buffer.from('"}}')]), 2, 2 + body.length);
  expect(asText(contract.lean.decode(span))).toEqual(asText(contract.decode(body)));
};

const odd = fc.oneof(
  fc.json().map((json) => JSON.parse(json)),
  fc.string({ unit: "binary" }),
  fc.constantFrom("", "\ud800", "a".repeat(1024), "é".repeat(600), "2026-02-30T00:00:00.000Z"),
  fc.constantFrom("1899-01-28T00:00:00.000Z", "1950-01-28T00:00:00.000Z", "2026-01-02", "\u0000", "\ufffd"),
  fc.constantFrom(-1, -0, 0, 0.5, 1, 10, 10.5, 11, 2 ** 53, 1e300, 1e21, 123456789012345680),
);
const spaces = fc.constantFrom("", "", " ", "\n  ");
const written = (value: object, colon: string, comma: string): string =>
  `{${Object.entries(value)
    .map(([key, one]) => `${JSON.stringify(key)}:${colon}${JSON.stringify(one)}`)
    .join(`,${comma}`)}}`;

test("whatever a field holds, and in whatever order the keys come, both ways read the same", () => {
  const fields = fc.constantFrom(...Object.keys(example), "stray", "__proto__", "flag ");
  const order = fc.shuffledSubarray(Object.keys(example), { minLength: 7 });
  fc.assert(
    fc.property(fields, odd, order, spaces, spaces, (field, change, keys, colon, comma) => {
      const value = Object.fromEntries(keys.map((key) => [key, example[key as keyof typeof example]]));
      const body = written({ ...value, ...JSON.parse(`{${JSON.stringify(field)}: 0}`) }, colon, comma);
      sameBothWays(all, Buffer.from(body.replace(/(?<=:\s*)0(?=[,}])/, JSON.stringify(change) ?? "null")));
    }),
    { numRuns: 1000 },
  );
});

test("however bytes are damaged, both ways read the same", () => {
  const bodies = [all, commit].map(
    (contract) =>
      [
        contract,
        Buffer.from(
          written(
            contract === all
              ? example
              : {
                  commit_id: "c1",
                  author: "ann",
                  commit_message: "größer",
                  commit_date: "2026-01-02",
                  additions: 7,
                },
            "",
            "",
          ),
        ),
      ] as const,
  );
  const bytes = fc.oneof(fc.constantFrom(...Buffer.from('"{}[],:\\ue0.1-\n\t né\ufeff')), fc.nat(255));
  fc.assert(
    fc.property(
      fc.constantFrom(...bodies),
      fc.nat(400),
      fc.nat(3),
      fc.array(bytes, { maxLength: 4 }),
      ([contract, body], place, taken, put) => {
        const at = place % (body.length + 1);
        sameBothWays(
          contract,
          Buffer.concat([body.subarray(0, at), Buffer.from(put), body.subarray(at + taken)]),
        );
      },
    ),
    { numRuns: 2000 },
  );
});

test.each([
  [chatMessage, { username: "ann", message: "größe 👋", sent_at: "2026-01-02T03:04:05.678Z" }],
  [chatMessage, { message: "without a moment", username: "ann" }],
  [rating, { rating: 15, unique_id: "u" }],
  [shadow, { type: 15, unique_id: "u", emit_timestamp: "2026-01-02T03:04:05.678Z" }],
  [shadow, { unique_id: "u", type: "Sha", emit_timestamp: "2026-01-02T03:04:05.678Z", more: { a: ["}"] } }],
  [incompletePush, { repo: "ann/tea", branch: "main", before: "0".repeat(40), after: "b".repeat(64) }],
])("a body as programs write it is read in one pass from the second on: %#", ({ schema, decode }, value) => {
  const reader = openReader(schema);
  for (const spaced of ["", " "]) {
    const body = spanOf(Buffer.from(written(value, spaced, spaced)));
    reader?.learn(Object.keys(value));
    const event = reader?.read(body);
    expect(event).not.toBe(unsure);
    expect(asText(event)).toEqual(asText((decode(body) as { event: object }).event));
  }
});

test("text is left where it lies, and the next body in the buffer is not taken for a part of one cut short", () => {
  const batch = Buffer.from(
    '{"username":"ann","message":"hi"}{"username":"bob","message":"x","sent_at":"2026',
  );
  const first = chatMessage.lean.decode(new Span(batch, 0, 33));
  expect(first).toMatchObject({ ok: true, event: { username: { buffer: batch, start: 13, end: 16 } } });
  for (let end = 1; end < 33; end++)
    expect(chatMessage.lean.decode(new Span(batch, 0, end))).toMatchObject({ ok: false });
});

test("no more than a few orders of keys are learned, whatever is sent", () => {
  const reader = openReader(rating.schema);
  for (let n = 0; n < 100; n++) reader?.learn([`key${n}`, "rating", "unique_id"]);
  const body = (key: string) => spanOf(Buffer.from(`{"${key}":0,"rating":1,"unique_id":"u"}`));
  expect(reader?.read(body("key2"))).not.toBe(unsure);
  expect(reader?.read(body("key50"))).toBe(unsure);
});

test("no code is made of a key of thousands of characters", () => {
  const reader = openReader(rating.schema);
  for (const [length, learned] of [
    [7000, true],
    [9000, false],
  ] as const) {
    const key = "k".repeat(length);
    reader?.learn(["rating", "unique_id", key]);
    const event = reader?.read(spanOf(Buffer.from(`{"rating":1,"unique_id":"u","${key}":0}`)));
    expect(event !== unsure).toBe(learned);
  }
});

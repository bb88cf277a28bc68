import { expect, test } from "vitest";
import { correct, mostAhead, mostBehind, tolerance } from "./clock.ts";

const receivedAt = Date.UTC(2026, 2, 29, 1, 0, 0);
const at = (millis: number) => new Date(receivedAt + millis).toISOString();
const hour = 3_600_000;

test.each([
  ["nothing said: it happened when it came", undefined, undefined, at(0)],
  ["a moment alone is believed", at(-hour), undefined, at(-hour)],
  ["a clock that is right to half a minute is right", at(-hour), at(tolerance - 1), at(-hour)],
  ["a clock an hour ahead", at(hour - 5000), at(hour), at(-5000)],
  ["a clock that is a day behind", at(-24 * hour - 5000), at(-24 * hour), at(-5000)],
  ["a clock that is exactly 30 s behind", at(-tolerance - 1), at(-tolerance), at(-1)],
  ["epoch milliseconds", receivedAt - 1, receivedAt, at(-1)],
  ["a zone", "2026-03-29T02:59:59+02:00", undefined, "2026-03-29T00:59:59.000Z"],
  ["five minutes ahead", at(mostAhead), undefined, at(mostAhead)],
  ["seven years ago", at(-mostBehind), undefined, at(-mostBehind)],
])("%s", (_what, timestamp, sentAt, expected) => {
  expect(correct({ timestamp, sentAt, receivedAt })).toEqual({ ok: true, event: expected });
});

test.each([
  ["more than five minutes ahead", at(mostAhead + 1), undefined, "timestamp", "unsupported_value"],
  ["ahead of a clock that is allowed for", at(2 * hour), at(hour), "timestamp", "unsupported_value"],
  ["longer ago than anything is kept", at(-mostBehind - 1), undefined, "timestamp", "unsupported_value"],
  ["no moment", "yesterday", undefined, "timestamp", "invalid_event"],
  ["half a millisecond", 0.5, undefined, "timestamp", "invalid_event"],
  ["a moment past all dates", 1e300, undefined, "timestamp", "invalid_event"],
  ["a sent_at that is none", at(0), {}, "sent_at", "invalid_event"],
])("%s is refused, and the field is named", (_what, timestamp, sentAt, field, reason) => {
  expect(correct({ timestamp, sentAt, receivedAt })).toMatchObject({ ok: false, field, reason });
});

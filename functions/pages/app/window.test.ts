import { expect, test } from "vitest";
import { parseState } from "./state.ts";
import { before, intervalOf, paramsFor, spanOf } from "./window.ts";

const now = Date.UTC(2026, 10, 22, 14, 5, 30) / 1000;
const state = parseState("?view=commits&range=1h&author=ann", "UTC");
const interval = { enum: ["minute", "hour", "day"] };
const series = { interval, timezone: {}, until: {}, limit: {}, author: {} };

test("an endpoint is asked only what it takes", () => {
  const span = spanOf(state, now);
  expect(paramsFor({}, span, state, { limit: "10" })).toEqual({});
  expect(paramsFor({ limit: {} }, span, state, { limit: "10", interval: "day" })).toEqual({ limit: "10" });
  expect(paramsFor(series, span, state)).toEqual({
    interval: "minute",
    timezone: "UTC",
    limit: "60",
    author: "ann",
  });
});

test("while time passes the question stays the same for a minute at least", () => {
  const takes = { since: {}, until: {}, limit: {} };
  const at = (seconds: number) => paramsFor(takes, spanOf(state, now + seconds), state, { limit: "10" });
  expect(at(0)).toEqual({ since: "2026-11-22T13:05:00.000Z", limit: "10" });
  expect(at(29)).toEqual(at(0));
  expect(at(30)).not.toEqual(at(0));
});

test("a long span begins with an hour, with half a day or with a day of UTC", () => {
  const since = (range: string) => paramsFor({ since: {} }, spanOf({ ...state, range }, now), state).since;
  expect(["24h", "7d", "30d", "90d"].map(since)).toEqual([
    "2026-11-21T14:00:00.000Z",
    "2026-11-15T14:00:00.000Z",
    "2026-10-23T12:00:00.000Z",
    "2026-08-24T00:00:00.000Z",
  ]);
});

test("the period before is as long, and as far on in its last interval", () => {
  const earlier = before(spanOf(state, now));
  expect(paramsFor(series, earlier, state)).toMatchObject({
    until: "2026-11-22T13:05:59.000Z",
    limit: "60",
  });
});

test("a range of one's own is read by the clock of the zone, and its end is not within it", () => {
  const own = parseState(
    "?view=commits&range=custom&from=2026-03-28T00:00&to=2026-03-30T00:00&tz=Europe/Berlin",
    "UTC",
  );
  const span = spanOf(own, now);
  // The clock goes forward in between.
  expect(span).toMatchObject({ to: span.from + 47 * 3600, live: false });
  expect(paramsFor(series, span, own)).toMatchObject({ interval: "hour", until: "2026-03-29T21:59:59.000Z" });
  const wrong = { ...own, from: "nonsense" };
  expect(spanOf(wrong, now).name).toBe("30d");
});

test("the interval is the finest that leaves a chart readable", () => {
  const names = ["minute", "hour", "day", "week"];
  const of = (range: string) => intervalOf(spanOf({ ...state, range }, now), names);
  expect(["15m", "6h", "24h", "7d", "30d"].map(of)).toEqual(["minute", "minute", "hour", "hour", "day"]);
  expect(intervalOf(spanOf(state, now), ["hour", "day"])).toBe("hour");
});

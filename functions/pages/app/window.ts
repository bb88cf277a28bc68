import type { Params } from "./api.ts";
import { clock } from "./clock.ts";
import type { State, View } from "./state.ts";

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** Seconds of each preset. */
export const presets = {
  "15m": 15 * minute,
  "1h": hour,
  "6h": 6 * hour,
  "24h": day,
  "7d": 7 * day,
  "30d": 30 * day,
  "90d": 90 * day,
} as const;

const own: Record<View, keyof typeof presets> = {
  overview: "1h",
  product: "30d",
  commits: "30d",
  domination: "1h",
  chat: "1h",
  health: "24h",
};

/** A span of time, in seconds since the epoch. */
export interface Span {
  from: number;
  to: number;
  /** It ends now, and moves on. */
  live: boolean;
  /** The preset's name, or `custom`. */
  name: string;
}

export function spanOf(state: State, now: number): Span {
  if (state.range === "custom" && state.from && state.to) {
    const [from, to] = [clockTime(state.from, state.zone), clockTime(state.to, state.zone)];
    if (from < to) return { from, to, live: to >= now, name: "custom" };
  }
  const name =
    state.range && Object.hasOwn(presets, state.range)
      ? (state.range as keyof typeof presets)
      : own[state.view];
  return { from: now - presets[name], to: now, live: true, name };
}

/** The span of the same length before this one. Of one that ends now it is as far on in its last interval, to the minute. */
export function before(span: Span): Span {
  const length = span.to - span.from;
  const to = span.live ? Math.floor(span.from / minute) * minute + minute : span.from;
  return { from: to - length, to, live: false, name: span.name };
}

const seconds: Record<string, number> = { minute, hour, day, week: 7 * day, month: 30 * day };

/** The finest interval that gives at most 400 points, of those an endpoint knows. */
export function intervalOf(span: Span, known: readonly string[]): string {
  const finest = known.toSorted((a, b) => lengthOf(a) - lengthOf(b));
  const fitting = finest.filter((name) => (span.to - span.from) / (seconds[name] ?? 1) <= 400);
  return fitting[0] ?? finest.at(-1) ?? "day";
}

export const lengthOf = (interval: string): number => seconds[interval] ?? day;

/**
 * The parameters for an endpoint out of those it takes: nothing is sent that it would refuse.
 * @param wanted what the panel asks for whatever the span is.
 * @param step seconds of the interval of an endpoint that has but one.
 */
export function paramsFor(
  takes: Params,
  span: Span,
  state: State,
  wanted: Record<string, string> = {},
  step?: number,
): Record<string, string> {
  const given: Record<string, string> = {};
  const put = (name: string, value: string) => {
    if (name in takes) given[name] = value;
  };
  const interval = wanted.interval ?? intervalOf(span, takes.interval?.enum ?? []);
  put("interval", interval);
  put("timezone", state.zone);
  if (!span.live) put("until", iso(span.to - 1));
  const length = span.to - span.from;
  const each = step ?? ("interval" in takes ? lengthOf(interval) : undefined);
  if (each && "limit" in takes) put("limit", String(Math.min(10_000, Math.max(1, Math.ceil(length / each)))));
  else put("since", iso(Math.floor(span.from / stillness(span)) * stillness(span)));
  for (const [name, value] of Object.entries(state.filters)) put(name, value);
  for (const [name, value] of Object.entries(wanted)) put(name, value);
  return given;
}

/** Whether an endpoint's answer depends on the span at all. */
export const isTimed = (takes: Params): boolean => "since" in takes || "until" in takes;

/**
 * How long a span begins at the same moment, and asks the same question, has the same ETag: a sixtieth of it at the most. By the
 * clock of UTC, so that a long one begins with a day: whole days are what aggregates have.
 */
const stillness = ({ from, to }: Span): number =>
  steps.findLast((step) => step <= (to - from) / 60) ?? minute;

const steps = [minute, 5 * minute, 15 * minute, hour, 3 * hour, 6 * hour, 12 * hour, day];

const iso = (at: number) => new Date(at * 1000).toISOString();

/** The moment at which the clock of a zone shows this text (`2026-01-31T12:00`), in seconds; NaN for other text. */
function clockTime(text: string, zone: string): number {
  const wall = Date.parse(`${text.length === 16 ? `${text}:00` : text}Z`) / 1000;
  if (Number.isNaN(wall)) return Number.NaN;
  // Twice: the offset of the guess may be another than the offset of the result.
  const guess = wall - offset(wall, zone);
  return wall - offset(guess, zone);
}

/** The other way round. */
export const clockText = (at: number, zone: string): string =>
  clock(at * 1000, zone)
    .slice(0, 16)
    .replace(" ", "T");

/** Seconds that a zone's clock is ahead of UTC at a moment. */
function offset(at: number, zone: string): number {
  const text = clock(at * 1000, zone);
  return Date.parse(`${text.replace(" ", "T")}Z`) / 1000 - at;
}

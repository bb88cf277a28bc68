import * as z from "zod";
import { readFromBytes } from "./read-value.ts";

/** ISO 8601 or SQL form; a zone is optional and UTC when absent; up to nine digits of fraction, a missing one is 0. */
const pattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?: ?(Z|[+-]\d{2}:?\d{2}))?)?$/i;

/** ClickHouse's DateTime64 begins with 1900; microseconds are whole numbers in a double until 2255. */
const earliest = Date.UTC(1900, 0, 1) * 1000;
const latest = Date.UTC(2255, 0, 1) * 1000;

/** Microseconds since the epoch, UTC; digits past the sixth are dropped. `undefined` when the text is no moment. */
export function parseTimestamp(value: string): number | undefined {
  if (value.length !== isoLength) return parseAny(value);
  for (let i = 0; i < isoLength; i++) codes[i] = Math.min(value.charCodeAt(i), 255);
  return parseIso(codes, 0) ?? parseAny(value);
}

const isoLength = 24;
const codes = new Uint8Array(isoLength);

/**
 * The form nearly every program writes, `2026-01-02T03:04:05.678Z`, digit by digit: no array, no match, no Date.
 * `undefined` for all others, and for days that not every month has.
 */
function parseIso(bytes: Uint8Array, at: number): number | undefined {
  for (let i = 0; i < isoLength; i++) {
    const expected = punctuation[i] as number;
    const code = bytes[at + i] as number;
    if (expected === 0 ? code < 48 || code > 57 : code !== expected) return undefined;
  }
  const [month, day] = [two(bytes, at + 5), two(bytes, at + 8)];
  const [hour, minute, second] = [two(bytes, at + 11), two(bytes, at + 14), two(bytes, at + 17)];
  if (month < 1 || month > 12 || day < 1 || day > 28 || hour > 23 || minute > 59 || second > 59)
    return undefined;
  const days = daysBefore(two(bytes, at) * 100 + two(bytes, at + 2), month) + day - 1;
  const millis = two(bytes, at + 20) * 10 + (bytes[at + 22] as number) - 48;
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000 + millis * 1000;
}

/** Character codes between the digits, 0 for a digit. */
const punctuation = Array.from("0000-00-00T00:00:00.000Z", (char) => (char === "0" ? 0 : char.charCodeAt(0)));

const two = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) * 10 + (bytes[at + 1] as number) - 528;

/** Days from the epoch to a month, in the Gregorian calendar; the year begins in March. */
function daysBefore(year: number, month: number): number {
  const y = month > 2 ? year : year - 1;
  const leaps = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  return y * 365 + leaps + Math.floor((153 * ((month + 9) % 12) + 2) / 5) - 719_468;
}

function parseAny(value: string): number | undefined {
  const match = pattern.exec(value);
  if (!match) return undefined;
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", zone = "Z"] = match;
  const [y, mo, d, h, mi, s] = [year, month, day, hour, minute, second].map(Number) as Six;
  // Date.UTC takes a year below 100 for one of the 1900s; the calendar repeats itself every 400 years.
  const at = Date.UTC(y + 400, mo - 1, d, h, mi, s) - daysOf400Years * 86_400_000;
  const back = new Date(at);
  const exists = back.getUTCMonth() === mo - 1 && back.getUTCDate() === d && h < 24 && mi < 60 && s < 60;
  const offset = zoneMinutes(zone);
  if (!exists || offset === undefined) return undefined;
  return (at - offset * 60_000) * 1000 + Number(fraction.padEnd(6, "0").slice(0, 6));
}

const daysOf400Years = 146_097;

type Six = [number, number, number, number, number, number];

function zoneMinutes(zone: string): number | undefined {
  if (zone.toUpperCase() === "Z") return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))];
  if (hours > 15 || minutes > 59) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}

/** A moment in text, decoded to microseconds since the epoch. */
export const timestamp = z.string().transform(toMicros);

function toMicros(value: string, context: z.RefinementCtx): number {
  const micros = parseTimestamp(value);
  if (micros === undefined) {
    context.addIssue({
      code: "custom",
      message: `${JSON.stringify(value.slice(0, 40))} is not an ISO 8601 moment`,
    });
    return z.NEVER;
  }
  if (micros < earliest || micros >= latest) {
    context.addIssue({
      code: "custom",
      message: "lies outside the years 1900 to 2254",
      params: { reason: "unsupported_value" },
    });
    return z.NEVER;
  }
  return micros;
}

readFromBytes.set(toMicros, {
  length: isoLength,
  read(bytes, at) {
    const micros = parseIso(bytes, at);
    return micros === undefined || micros < earliest || micros >= latest ? undefined : micros;
  },
});

/** ClickHouse's `Date` counts its days from 1970 in 16 bits. */
const firstDay = Date.UTC(1970, 0, 1) * 1000;
const lastDay = Date.UTC(2149, 5, 6) * 1000;

/** A moment whose day a `Date` can hold; decoded to microseconds. */
export const dayTime = timestamp.refine((micros) => micros >= firstDay && micros < lastDay, {
  error: "lies outside the years 1970 to 2149, which a Date can hold",
  params: { reason: "unsupported_value" },
});

import { z } from "zod";

/** ISO 8601 or SQL form; a zone is optional and UTC when absent; up to nine digits of fraction, a missing one is 0. */
const pattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?: ?(Z|[+-]\d{2}:?\d{2}))?)?$/i;

/** ClickHouse's DateTime64 begins with 1900; microseconds are whole numbers in a double until 2255. */
const earliest = Date.UTC(1900, 0, 1) * 1000;
const latest = Date.UTC(2255, 0, 1) * 1000;

/** Microseconds since the epoch, UTC; digits past the sixth are dropped. `undefined` when the text is no moment. */
export function parseTimestamp(value: string): number | undefined {
  const match = pattern.exec(value);
  if (!match) return undefined;
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", zone = "Z"] = match;
  const [y, mo, d, h, mi, s] = [year, month, day, hour, minute, second].map(Number) as Six;
  const at = Date.UTC(y, mo - 1, d, h, mi, s);
  const back = new Date(at);
  const exists = back.getUTCMonth() === mo - 1 && back.getUTCDate() === d && h < 24 && mi < 60 && s < 60;
  const offset = zoneMinutes(zone);
  if (!exists || offset === undefined) return undefined;
  return (at - offset * 60_000) * 1000 + Number(fraction.padEnd(6, "0").slice(0, 6));
}

type Six = [number, number, number, number, number, number];

function zoneMinutes(zone: string): number | undefined {
  if (zone.toUpperCase() === "Z") return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))];
  if (hours > 15 || minutes > 59) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}

/** A moment in text, decoded to microseconds since the epoch. */
export const timestamp = z.string().transform((value, context) => {
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
});

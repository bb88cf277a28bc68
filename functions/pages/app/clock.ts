interface TemporalLike {
  Now: { timeZoneId(): string };
  Instant: {
    fromEpochMilliseconds(at: number): {
      toZonedDateTimeISO(zone: string): { offsetNanoseconds: number; timeZoneId: string };
    };
  };
}

/** Asks no locale: what a browser needs before its first format of dates, 20 ms of the processor, is left out. Not every browser has it. */
const temporal = (globalThis as { Temporal?: TemporalLike }).Temporal;

export const zoneOfBrowser = (): string =>
  temporal?.Now.timeZoneId() ?? globalThis.Intl.DateTimeFormat().resolvedOptions().timeZone;

/** What the clock of a zone shows at a moment, in milliseconds: `2026-01-31 14:05:09`. @throws RangeError where there is no such zone. */
export function clock(at: number, zone: string): string {
  if (zone !== "UTC" && !temporal) return format(zone).format(at);
  return new Date(at + (zone === "UTC" ? 0 : ahead(at, zone))).toISOString().slice(0, 19).replace("T", " ");
}

/** Milliseconds. */
function ahead(at: number, zone: string): number {
  const there = temporal?.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
  // It would also take the text of a moment with a zone in it.
  if (there?.timeZoneId.toLowerCase() !== zone.toLowerCase()) throw new RangeError(`no zone: ${zone}`);
  return there.offsetNanoseconds / 1e6;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making one costs more than using it. */
function format(zone: string): Intl.DateTimeFormat {
  const made =
    formats.get(zone) ??
    new globalThis.Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
  formats.set(zone, made);
  return made;
}

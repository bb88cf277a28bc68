const formats = new Map<string, Intl.DateTimeFormat>();

/** What the clock of a zone shows at a moment, in milliseconds: `2026-01-31 14:05:09`. Making a format costs more than using it. */
export function clock(at: number, zone: string): string {
  const format =
    formats.get(zone) ??
    new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
  formats.set(zone, format);
  return format.format(at);
}

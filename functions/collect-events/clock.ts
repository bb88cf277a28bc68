import { type Decoded, reject } from "../../events/contract.ts";
import { parseTimestamp } from "../../events/timestamp.ts";

/** A client's clock that differs by less is right: that much may pass between sending and receiving. */
export const tolerance = 30_000;
/** How far ahead an event may lie once the client's clock is allowed for. */
export const mostAhead = 5 * 60_000;
/** How far back: nothing is kept for longer. */
export const mostBehind = 7 * 366 * 86_400_000;

/** What an event says of time, and when the server had it (epoch milliseconds). */
export interface Times {
  /** ISO 8601, or epoch milliseconds. Absent: it happened when it was received. */
  timestamp: unknown;
  /** When the client says it sent it, by the same clock. */
  sentAt: unknown;
  receivedAt: number;
}

/**
 * When an event happened, by the server's clock, in ISO 8601: `timestamp` moved by how wrong the client's clock is, which
 * `sentAt` beside `receivedAt` tells.
 */
export function correct({ timestamp, sentAt, receivedAt }: Times): Decoded<string> {
  if (timestamp === undefined || timestamp === null) return { ok: true, event: iso(receivedAt) };
  const [given, sent] = [millisOf(timestamp), millisOf(sentAt)];
  if (given === undefined) return reject("invalid_event", `timestamp: ${expected}`, "timestamp");
  if (sentAt !== undefined && sentAt !== null && sent === undefined)
    return reject("invalid_event", `sent_at: ${expected}`, "sent_at");
  const skew = sent === undefined ? 0 : receivedAt - sent;
  const at = Math.abs(skew) < tolerance ? given : given + skew;
  if (at > receivedAt + mostAhead)
    return reject(
      "unsupported_value",
      `timestamp: lies ahead by ${hours(at - receivedAt)}. ${advice}`,
      "timestamp",
    );
  if (at < receivedAt - mostBehind)
    return reject(
      "unsupported_value",
      "timestamp: lies back more than seven years, which nothing is kept for",
      "timestamp",
    );
  return { ok: true, event: iso(at) };
}

const expected = "expected ISO 8601 or whole epoch milliseconds";
const advice =
  "Where a client's clock may be wrong, send `sent_at` by the same clock: the difference is allowed for.";

const iso = (millis: number): string => new Date(millis).toISOString();
const hours = (millis: number): string => `${(millis / 3_600_000).toFixed(1)} hours`;

/** Within what a Date can hold. */
function millisOf(value: unknown): number | undefined {
  if (typeof value === "number")
    return Number.isInteger(value) && Math.abs(value) < 8.64e15 ? value : undefined;
  if (typeof value !== "string") return undefined;
  const micros = parseTimestamp(value);
  return micros === undefined ? undefined : Math.floor(micros / 1000);
}

import type { Queued } from "./event.ts";

/** What the collector says of one event of a request. */
export interface RowError {
  /** Where it stood in the request. */
  index: number;
  code: string;
  message: string;
  retryable: boolean;
}

/** What became of a request. */
export type Outcome =
  /** Each event is safe with the collector but those with an error of their own. */
  | { kind: "answered"; errors: RowError[] }
  /** Nothing is known to have arrived. */
  | { kind: "again"; reason: string; afterMs?: number }
  /** Too much at once. */
  | { kind: "too-large" }
  /** The key or the address is wrong: it will be, until somebody mends it. */
  | { kind: "denied"; reason: string };

export interface Collector {
  /** `https://host/v1/events/<source>` */
  url: string;
  key: string;
  fetch: typeof globalThis.fetch;
  /** For one request, in milliseconds. */
  timeoutMs: number;
}

/** Smaller bodies are not worth their compression. */
const leastToCompress = 1024;

/** One request with all these events. Never rejects. */
export async function deliver(collector: Collector, events: Queued[]): Promise<Outcome> {
  const text = `[${events.map((event) => event.text).join(",")}]`;
  try {
    const body = text.length < leastToCompress ? text : await gzip(text);
    const response = await collector.fetch(`${collector.url}?${sentNow()}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${collector.key}`,
        // Compressed bytes are no text, whatever they were: servers that read JSON as text would damage them.
        "content-type": body === text ? "application/json" : "application/octet-stream",
        ...(body !== text && { "content-encoding": "gzip" }),
      },
      body,
      signal: AbortSignal.timeout(collector.timeoutMs),
    });
    return await understand(response);
  } catch (error) {
    return { kind: "again", reason: `${collector.url} did not answer: ${(error as Error).message}` };
  }
}

/** By the clock that events are stamped with, so that the collector can allow for one that is wrong. */
const sentNow = () => `sent_at=${encodeURIComponent(new Date().toISOString())}`;

const gzip = (text: string): Promise<ArrayBuffer> =>
  new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer();

async function understand(response: Response): Promise<Outcome> {
  const { status, headers } = response;
  const text = await response.text();
  const answer = parse(text);
  if (Array.isArray(answer?.errors)) return { kind: "answered", errors: answer.errors as RowError[] };
  if (status === 413) return { kind: "too-large" };
  const reason = `the collector answers ${status}: ${answer?.detail ?? answer?.title ?? text.slice(0, 200)}`;
  // A success without its body is somebody else's, a proxy's or a hotel's: nothing arrived.
  if (status < 400 || status === 408 || status === 429 || status >= 500) {
    const afterMs = delayOf(headers.get("retry-after"));
    return { kind: "again", reason, ...(afterMs !== undefined && { afterMs }) };
  }
  return { kind: "denied", reason };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}

/** `Retry-After`: seconds, or a date (RFC 9110, 10.2.3). @returns milliseconds. */
export function delayOf(value: string | null, now = Date.now()): number | undefined {
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/**
 * Hands events over while a page goes away: requests that outlive it, of a type that needs no preflight, with the key where such a
 * request may carry it. A browser takes 64 KiB in all. @returns those it did not take.
 */
export function sendBeacons({ url, key }: Pick<Collector, "url" | "key">, events: Queued[]): Queued[] {
  const most = 60_000;
  let rest = events;
  while (rest.length > 0) {
    let [count, bytes] = [0, 0];
    for (const event of rest) {
      bytes += event.bytes + 1;
      if (count > 0 && bytes > most) break;
      count++;
    }
    const lines = rest.slice(0, count).map(({ text }) => text);
    const body = new Blob([lines.join("\n")], { type: "text/plain" });
    if (!navigator.sendBeacon(`${url}?key=${encodeURIComponent(key)}&${sentNow()}`, body)) break;
    rest = rest.slice(count);
  }
  return rest;
}

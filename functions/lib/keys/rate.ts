import { HttpError } from "../http.ts";

/** Requests of each key in the current minute of this execution environment. */
export class Rates {
  readonly #now: () => number;
  readonly #windows = new Map<string, { ends: number; used: number }>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /**
   * Counts one request. Fields: draft-ietf-httpapi-ratelimit-headers-10.
   * @returns the headers that tell how many are left. @throws HttpError 429 with `Retry-After` when none is.
   */
  take(id: string, perMinute: number): Record<string, string> {
    if (perMinute === 0) return {};
    const now = this.#now();
    let window = this.#windows.get(id);
    if (!window || window.ends <= now) {
      window = { ends: now + 60_000, used: 0 };
      this.#windows.set(id, window);
    }
    window.used++;
    const seconds = Math.max(1, Math.ceil((window.ends - now) / 1000));
    const headers = {
      "ratelimit-policy": `"key";q=${perMinute};w=60`,
      ratelimit: `"key";r=${Math.max(0, perMinute - window.used)};t=${seconds}`,
    };
    if (window.used <= perMinute) return headers;
    throw new HttpError(429, "Too many requests", `This key may send ${perMinute} requests a minute.`, {
      headers: { ...headers, "retry-after": String(seconds) },
    });
  }
}

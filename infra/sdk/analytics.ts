import { Courier } from "./courier.ts";
import {
  type EventFields,
  enqueue,
  type PageView,
  type Queued,
  type TicketSale,
  type TrackedEvent,
  uuidv7,
} from "./event.ts";
import { type DropReason, EventQueue } from "./queue.ts";
import type { Spool } from "./spool.ts";

export interface AnalyticsOptions {
  /** Where the collector listens: `https://analytics.example`. Default: SLUICE_URL, else this machine's HTTP_PORT. */
  url?: string;
  /** A write key. Default: SLUICE_WRITE_KEY. */
  key?: string;
  /** What the events come from; a key may be bound to it. Default: `web` in a browser, `server` elsewhere. */
  source?: string;
  /** So many events are sent without waiting for the interval, and at most so many at once. Default: 1000. */
  batchSize?: number;
  /** So long an event waits for others, in milliseconds. Default: 5000. */
  flushInterval?: number;
  /** Most events in memory; the oldest go first. Default: 10,000. */
  maxEvents?: number;
  /** Most bytes in memory. Default: 16 MiB. */
  maxBytes?: number;
  /** For one request, in milliseconds. Default: 10,000. */
  requestTimeout?: number;
  /** The first pause after a failure; they double up to thirty seconds, each a random part of it. Default: 500 ms. */
  retryDelay?: number;
  /** Events that will not arrive, with the reason; `detail` is the collector's when it refused one. Default: a warning on the console. */
  onDrop?: (events: unknown[], reason: DropReason, detail?: string) => void;
  /** The collector cannot be reached, or refuses the key: told once, until it answers again. Default: a warning on the console. */
  onError?: (message: string) => void;
  /** Keeps what is not delivered over the end of the program. */
  spool?: Spool;
  fetch?: typeof globalThis.fetch;
}

const mostEventBytes = 256 * 1024;

const env = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env ?? {};
const inBrowser = "document" in globalThis;
/** From page to page of a site; a page that may keep nothing has one of its own. */
function sessionOfTab(): string {
  try {
    sessionStorage.analytics ??= uuidv7();
    return sessionStorage.analytics;
  } catch {
    return uuidv7();
  }
}
const warn = (message: string) => console.warn(`analytics: ${message}`);

/**
 * Brings product events to the collector: in batches, compressed, again until it has them. What `track…` took is delivered and
 * counted once, or told to `onDrop`, or it waits: in bounded memory, and in the spool if there is one.
 */
export class AnalyticsIngestionService {
  readonly #options: AnalyticsOptions & { batchSize: number; flushInterval: number };
  readonly #queue: EventQueue;
  readonly #courier: Courier;
  #known: EventFields = { session_id: inBrowser ? sessionOfTab() : uuidv7() };
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /** @throws Error without an address or a key. */
  constructor(options: AnalyticsOptions = {}) {
    const {
      batchSize = 1000,
      flushInterval = 5000,
      maxEvents = 10_000,
      maxBytes = 16 * 1024 * 1024,
    } = options;
    const here = inBrowser ? undefined : `http://127.0.0.1:${env.HTTP_PORT ?? 3000}`;
    const url = options.url ?? env.SLUICE_URL ?? here;
    const key = options.key ?? env.SLUICE_WRITE_KEY;
    if (!url) throw new Error("Analytics needs the collector's address: give `url`, or set SLUICE_URL.");
    if (!key) throw new Error("Analytics needs a write key: give `key`, or set SLUICE_WRITE_KEY.");
    const source = options.source ?? (inBrowser ? "web" : "server");
    this.#options = { ...options, batchSize, flushInterval };
    this.#queue = new EventQueue({ events: maxEvents, bytes: maxBytes }, this.#drop);
    this.#courier = new Courier({
      collector: {
        url: `${url.replace(/\/+$/, "")}/v1/events/${encodeURIComponent(source)}`,
        key,
        fetch: options.fetch ?? globalThis.fetch.bind(globalThis),
        timeoutMs: options.requestTimeout ?? 10_000,
      },
      queue: this.#queue,
      batchSize,
      retryDelay: options.retryDelay ?? 500,
      drop: this.#drop,
      fail: options.onError ?? warn,
      spool: options.spool,
    });
    if (options.spool) void this.#courier.drain();
    if (inBrowser) addEventListener("pagehide", this.#leave);
  }

  /** @returns the event's id. @throws TypeError when it cannot be written as JSON, Error after `close`. */
  trackEvent(event: TrackedEvent): string {
    if (this.#closed) throw new Error("Analytics is closed: this event comes too late.");
    const queued = enqueue({ ...this.#known, ...event });
    if (queued.bytes > mostEventBytes) this.#drop([queued], "oversized");
    else this.#queue.add(queued);
    if (this.#queue.size >= this.#options.batchSize) this.#send();
    else this.#timer ??= this.#later();
    return queued.id;
  }

  /** In a browser the page's address, its referrer and the user agent are filled in. */
  trackPageView(view: PageView = {}): string {
    const seen = inBrowser
      ? { page_url: location.href, referrer: document.referrer, user_agent: navigator.userAgent }
      : {};
    return this.trackEvent({ ...seen, ...view, event_type: "page_view" });
  }

  trackTicketSale(sale: TicketSale): string {
    return this.trackEvent({ ...sale, event_type: "ticket_purchase" });
  }

  /** Says who the next events are of, and whatever else they have in common. Without an id: nobody that is known. */
  identify(user_id?: string, fields: EventFields = {}): void {
    this.#known = { ...this.#known, ...fields };
    if (user_id === undefined) delete this.#known.user_id;
    else this.#known.user_id = user_id;
  }

  /** Sends what was tracked, trying until it is delivered or the time is up. @returns how many events still wait. */
  async flush(timeoutMs?: number): Promise<number> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      if (timeoutMs !== undefined) timer = setTimeout(resolve, timeoutMs);
    });
    this.#send();
    await Promise.race([this.#courier.drain(), late]);
    clearTimeout(timer);
    return this.#courier.waiting().length;
  }

  /**
   * Sends the rest and ends. What cannot be sent in time goes to the spool, or to `onDrop`.
   * @returns how many events were not sent.
   */
  async close(timeoutMs = 10_000): Promise<number> {
    this.#closed = true;
    if (inBrowser) removeEventListener("pagehide", this.#leave);
    this.#courier.hurry();
    await this.flush(timeoutMs);
    const rest = await this.#courier.end();
    if (rest.length > 0 && !this.#options.spool) this.#drop(rest, "closed");
    return rest.length;
  }

  #later(): ReturnType<typeof setTimeout> {
    const timer = setTimeout(this.#send, this.#options.flushInterval);
    // A program with nothing else to do may end: it calls `close` first.
    (timer as { unref?: () => void }).unref?.();
    return timer;
  }

  #send = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    void this.#courier.drain();
  };

  #leave = (): void => this.#courier.leave();

  #drop = (events: Queued[], reason: DropReason, detail?: string): void => {
    const { onDrop } = this.#options;
    if (onDrop)
      onDrop(
        events.map(({ text }) => JSON.parse(text)),
        reason,
        detail,
      );
    else warn(`${events.length} events dropped: ${detail ?? reason}`);
  };
}

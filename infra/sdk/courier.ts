import { type Collector, deliver, type Outcome, type RowError, sendBeacons } from "./deliver.ts";
import type { Queued } from "./event.ts";
import type { DropReason, EventQueue } from "./queue.ts";
import type { Spool } from "./spool.ts";

export interface CourierOptions {
  collector: Collector;
  queue: EventQueue;
  /** Most events of one request. */
  batchSize: number;
  /** The first pause after a failure, in milliseconds; they double. */
  retryDelay: number;
  drop(events: Queued[], reason: DropReason, detail?: string): void;
  /** Something is wrong outside: told once, until it works again. */
  fail(message: string): void;
  spool: Spool | undefined;
}

const longestPause = 30_000;

/** After the `failures`th failure in a row. Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ */
export const backoff = (failures: number, first: number, part = Math.random()): number =>
  part * Math.min(longestPause, first * 2 ** Math.min(failures - 1, 16));

/** The collector takes 10 MiB; a Lambda function is handed 6 MB at the most. */
const mostBytes = 4 * 1024 * 1024;

/** Empties the queue, one request after another, and tries again for as long as it takes. */
export class Courier {
  readonly #options: CourierOptions;
  /** Halved when a batch is too large, doubled when one was taken. */
  #batchSize: number;
  #sending: Queued[] = [];
  #draining: Promise<void> | undefined;
  #failures = 0;
  #wake = () => {};
  #spooling: Promise<void>;
  #ended = false;

  constructor(options: CourierOptions) {
    this.#options = options;
    this.#batchSize = options.batchSize;
    this.#spooling = this.#load();
  }

  /** Events that were not delivered yet, oldest first. */
  waiting = (): Queued[] => [...this.#sending, ...this.#options.queue.all()];

  /** Resolves when nothing waits any more. */
  drain(): Promise<void> {
    this.#draining ??= this.#deliverAll().finally(() => {
      this.#draining = undefined;
    });
    return this.#draining;
  }

  /** Cuts a pause short: what waits is tried at once. */
  hurry = (): void => this.#wake();

  /** What waits goes to the spool; nothing is sent any more. @returns what waited. */
  async end(): Promise<Queued[]> {
    const rest = this.waiting();
    this.#ended = true;
    this.#wake();
    await this.#save(rest);
    return rest;
  }

  /** Hands over to the browser what it takes while the page goes away. */
  leave(): void {
    const { collector, queue } = this.#options;
    const left = new Set(sendBeacons(collector, this.waiting()));
    const queued = queue.take({ events: queue.size, bytes: Number.POSITIVE_INFINITY });
    queue.putBack(queued.filter((event) => left.has(event)));
    void this.#save(this.waiting());
  }

  async #deliverAll(): Promise<void> {
    const { queue, collector } = this.#options;
    await this.#spooling;
    while (queue.size > 0 && !this.#ended) {
      this.#sending = queue.take({ events: this.#batchSize, bytes: mostBytes });
      const outcome = await deliver(collector, this.#sending);
      const batch = this.#sending;
      this.#sending = [];
      if (this.#ended) return;
      const delay = this.#conclude(batch, outcome);
      if (delay !== undefined) await this.#pause(delay);
    }
  }

  /** @returns how long to wait before the next request, in milliseconds; undefined: not at all. */
  #conclude(batch: Queued[], outcome: Outcome): number | undefined {
    const { queue, drop, fail } = this.#options;
    if (outcome.kind === "answered") return this.#settle(batch, outcome.errors);
    if (outcome.kind === "too-large") {
      if (batch.length === 1) drop(batch, "oversized");
      else queue.putBack(batch);
      this.#batchSize = Math.ceil(batch.length / 2);
      return undefined;
    }
    queue.putBack(batch);
    if (this.#failures++ === 0) fail(outcome.reason);
    void this.#save(this.waiting());
    const asked = outcome.kind === "again" ? outcome.afterMs : longestPause;
    return asked ?? this.#backoff();
  }

  #settle(batch: Queued[], errors: RowError[]): number | undefined {
    const { queue, drop, batchSize } = this.#options;
    this.#batchSize = Math.min(batchSize, this.#batchSize * 2);
    for (const { index, retryable, code, message } of errors)
      if (!retryable && batch[index]) drop([batch[index]], "refused", `${code}: ${message}`);
    const again = errors.filter(({ retryable }) => retryable).flatMap(({ index }) => batch[index] ?? []);
    const failedBefore = this.#failures > 0;
    this.#failures = again.length > 0 ? this.#failures + 1 : 0;
    queue.putBack(again);
    if (failedBefore || again.length > 0) void this.#save(this.waiting());
    return again.length > 0 ? this.#backoff() : undefined;
  }

  #backoff = (): number => backoff(this.#failures, this.#options.retryDelay);

  async #pause(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
      this.#wake = resolve;
    });
    clearTimeout(timer);
    this.#wake = () => {};
  }

  async #load(): Promise<void> {
    const { spool, queue, fail } = this.#options;
    try {
      queue.putBack((await spool?.load()) ?? []);
    } catch (error) {
      fail(`the spool cannot be read: ${(error as Error).message}`);
    }
  }

  /** One after another, so that the newest state is what stays. */
  #save(events: Queued[]): Promise<void> {
    const { spool, fail } = this.#options;
    if (!spool) return Promise.resolve();
    this.#spooling = this.#spooling.then(() =>
      spool.save(events).catch((error: Error) => fail(`the spool cannot be written: ${error.message}`)),
    );
    return this.#spooling;
  }
}

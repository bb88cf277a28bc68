import { setTimeout as sleep } from "node:timers/promises";
import type { Answer } from "./answer.ts";
import { type Batch, Batching, type Limits, type Measure, type Read } from "./batching.ts";

/** What a mapping polls. Batches come out of `next`; each is then settled or retried, exactly once. */
export interface Source {
  start(): void;
  /**
   * The next batch once it closes; undefined once the signal is aborted.
   * @param beside only a batch that is full already while another is in flight.
   */
  next(signal: AbortSignal, beside: boolean): Promise<Delivery | undefined>;
  /** Records that the broker holds and this mapping has not settled, as far as known. */
  lag(): number;
  /** What waits for its next attempt waits no longer. */
  retryNow(): void;
  /** Leaves the broker; what is not settled will be delivered again. */
  close(): Promise<void>;
}

/** What a function is invoked with. */
export interface Payload {
  /** A new Lambda event every time: a handler may have changed the last one. */
  event(): unknown;
  /** What `unpack` makes that event of; cheaper to hand to another thread. */
  packed?(): unknown;
}

/** One batch on its way to a function. */
export interface Delivery extends Payload {
  /** 0: nothing to invoke for, only positions to pass over. */
  records: number;
  /** After a success these records never come again; after a failure all of them do, unless they are given up. */
  conclude(answer: Answer): Promise<Outcome>;
}

/** What became of a batch. */
export interface Outcome {
  /** Failed invocations of these records in a row; 0 after a success. */
  failures: number;
  /** Milliseconds until what is left of it comes again. */
  retryIn?: number;
  /** Why records were given up. */
  givenUp?: string;
}

/** What a source has to tell. */
export interface Report {
  /** Why a part of it does not work, or nothing when it does (again). Telling the same twice is harmless. */
  trouble(part: "connection" | "group" | "destination", error?: unknown): void;
  /** Records that no invocation will get. */
  gaveUp(what: string): void;
}

/** Batching with a clock: lets a lane wait until a batch closes. */
export class BatchQueue<T> {
  readonly #batching: Batching<T>;
  readonly #waiting = new Set<() => void>();
  /** Their partitions stay blocked until then. */
  readonly #delayed = new Map<Batch<T>, NodeJS.Timeout>();

  constructor(limits: Limits, measure: Measure<T>) {
    this.#batching = new Batching(limits, measure);
  }

  /** @returns the records that are too large for any event; their positions are only passed over. */
  push(key: string, reads: Iterable<Read<T>>): T[] {
    const tooLarge = this.#batching.push(key, reads, performance.now());
    this.#wake();
    return tooLarge;
  }

  async next(signal: AbortSignal, beside = false): Promise<Batch<T> | undefined> {
    while (!signal.aborted) {
      const taken = beside ? this.#batching.takeBeside() : this.#batching.take(performance.now());
      if ("batch" in taken) {
        this.#wake(); // What else is full may now go beside it.
        return taken.batch;
      }
      await this.#changed(taken.wait, signal);
    }
    return undefined;
  }

  hasRoom = (key: string): boolean => this.#batching.hasRoom(key);

  isTooLarge = (key: string, record: T): boolean => this.#batching.isTooLarge(key, record);

  release(batch: Batch<T>): void {
    this.#batching.release(batch, performance.now());
    this.#wake();
  }

  /** Its partitions stay blocked some milliseconds more. */
  releaseIn(batch: Batch<T>, delay: number): void {
    this.#delayed.set(batch, setTimeout(() => this.#releaseDelayed(batch), delay).unref());
  }

  /** Whatever was to come after some milliseconds comes now. */
  retryNow(): void {
    for (const batch of [...this.#delayed.keys()]) this.#releaseDelayed(batch);
    this.#batching.retryNow(performance.now());
    this.#wake();
  }

  #releaseDelayed(batch: Batch<T>): void {
    clearTimeout(this.#delayed.get(batch));
    this.#delayed.delete(batch);
    this.release(batch);
  }

  /** Instead of `batch`, after some milliseconds, another with no more than its records. */
  replace(batch: Batch<T>, other: Batch<T>, delay: number): void {
    this.#batching.replace(batch, other, performance.now() + delay);
    this.#wake();
  }

  drop(key: string): void {
    this.#batching.drop(key);
    this.#wake();
  }

  /** Something was pushed or released, or the time has come. */
  async #changed(wait: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    const timer = Number.isFinite(wait) ? setTimeout(wake, Math.ceil(wait)) : undefined;
    this.#waiting.add(wake);
    signal.addEventListener("abort", wake);
    await promise;
    signal.removeEventListener("abort", wake);
    this.#waiting.delete(wake);
    clearTimeout(timer);
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }
}

/** Waits, or returns at once when aborted. */
export const pause = (delay: number, signal: AbortSignal): Promise<void> =>
  sleep(delay, undefined, { signal }).catch(() => {});

import { setTimeout as delay } from "node:timers/promises";

/** Where time comes from; a test gives its own. Milliseconds. */
export interface Clock {
  now(): number;
  /** Returns early when the signal aborts; never throws. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

const realClock: Clock = {
  now: () => performance.now(),
  sleep: (milliseconds, signal) => delay(milliseconds, undefined, { signal }).catch(() => undefined),
};

export interface Pace {
  /** Items per second; `Infinity` is as fast as the consumer takes them. */
  rate: number;
  /** Ends after so many items; `Infinity` goes on until the signal aborts. */
  count: number;
  /** At most so many items are yielded at once. */
  most: number;
  /** At least so many milliseconds between two yields of a bounded rate, so that they are batches. */
  gap?: number;
  signal: AbortSignal;
  clock?: Clock;
}

/** After a standstill (the broker was away) longer than this, the schedule starts anew: no burst to catch up. */
const standstill = 1000;

/** Yields how many items are due now. The schedule is absolute, so late timers do not add up to a lower rate. */
export async function* pace({ rate, count, most, gap = 0, signal, clock = realClock }: Pace) {
  let left = count;
  let schedule = { start: clock.now(), done: 0 };
  let next = schedule.start;
  while (left > 0 && !signal.aborted) {
    const now = clock.now();
    const due = schedule.start + (schedule.done * 1000) / rate;
    const wait = Math.max(due, next) - now;
    if (wait > 0) {
      await clock.sleep(wait, signal);
      continue;
    }
    if (now - due > standstill) schedule = { start: now, done: 0 };
    const waiting = Math.floor(((now - schedule.start) * rate) / 1000) + 1 - schedule.done;
    const items = Math.min(rate === Number.POSITIVE_INFINITY ? most : waiting, most, left);
    schedule.done += items;
    left -= items;
    if (rate !== Number.POSITIVE_INFINITY) next = now + gap;
    yield items;
  }
}

import type { Queued } from "./event.ts";

/** Why an event will not arrive. */
export type DropReason =
  /** There was no room: the oldest go. */
  | "full"
  /** Alone larger than the collector takes. */
  | "oversized"
  /** The collector refused it, and would again. */
  | "refused"
  /** `close` was called and time ran out. */
  | "closed";

export interface Limits {
  events: number;
  bytes: number;
}

/** Events that wait, oldest first, in bounded memory. Those that are being sent are taken out, and put back when they failed. */
export class EventQueue {
  readonly #limits: Limits;
  readonly #drop: (events: Queued[], reason: DropReason) => void;
  #events: Queued[] = [];
  #bytes = 0;

  constructor(limits: Limits, drop: (events: Queued[], reason: DropReason) => void) {
    this.#limits = limits;
    this.#drop = drop;
  }

  get size(): number {
    return this.#events.length;
  }

  add(event: Queued): void {
    this.#events.push(event);
    this.#bytes += event.bytes;
    this.#makeRoom();
  }

  /** Before the others: they are older. */
  putBack(events: Queued[]): void {
    this.#events = [...events, ...this.#events];
    this.#bytes += sizeOf(events);
    this.#makeRoom();
  }

  /** The oldest, as many as fit; one at least, if there is one. */
  take(most: Limits): Queued[] {
    let [count, bytes] = [0, 0];
    for (const event of this.#events) {
      bytes += event.bytes;
      if (count > 0 && (count === most.events || bytes > most.bytes)) break;
      count++;
    }
    const taken = this.#events.splice(0, count);
    this.#bytes -= sizeOf(taken);
    return taken;
  }

  all(): Queued[] {
    return [...this.#events];
  }

  #makeRoom(): void {
    let count = 0;
    while (this.#events.length - count > this.#limits.events || this.#bytes > this.#limits.bytes)
      this.#bytes -= this.#events[count++]?.bytes ?? 0;
    if (count > 0) this.#drop(this.#events.splice(0, count), "full");
  }
}

const sizeOf = (events: Queued[]): number => events.reduce((sum, { bytes }) => sum + bytes, 0);

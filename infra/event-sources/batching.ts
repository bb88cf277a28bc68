/**
 * Which records go into the next invocation, and when. Pure: time is an argument (milliseconds, monotonic), nothing
 * here waits. A partition is whatever must stay in order and must not be in two invocations at once: a Kafka
 * partition, a RabbitMQ queue.
 */

export interface Limits {
  records: number;
  /** Milliseconds from a batch's first record until it closes. */
  window: number;
  /** Of the event as JSON. */
  bytes: number;
}

/** Exact sizes as JSON: an event is `event + partitions + records - 1` bytes, each record counted with one comma. */
export interface Measure<T> {
  event: number;
  partition(key: string): number;
  record(record: T): number;
}

/** A record read from the source. Null stands for positions that need no invocation, only to be passed over. */
export interface Read<T> {
  record: T | null;
  /** Where reading goes on after it. */
  next: number;
}

export interface Batch<T> {
  /** By partition; parts without records are only passed over. */
  parts: Map<string, Part<T>>;
  /** Failed invocations so far. */
  failures: number;
  /** The other half of what was split: comes next, and keeps its partitions blocked until then. */
  rest?: Batch<T>;
}

export interface Part<T> {
  records: T[];
  /** For each record, where reading goes on after it. */
  ends: number[];
  /** Where reading goes on once the part is settled. */
  next: number;
  /** The partition is read by somebody else now: nothing of it may be settled or retried here. */
  lost: boolean;
}

/** A batch, or how many milliseconds there will be none unless something is pushed or released. */
export type Taken<T> = { batch: Batch<T> } | { wait: number };

interface Waiting<T> extends Read<T> {
  bytes: number;
  at: number;
}

interface Partition<T> {
  waiting: Waiting<T>[];
  records: number;
  bytes: number;
}

export class Batching<T> {
  readonly #limits: Limits;
  readonly #measure: Measure<T>;
  readonly #partitions = new Map<string, Partition<T>>();
  /** Batches in flight, and batches that wait for their retry with the time it is due. */
  readonly #taken = new Map<Batch<T>, number | "in flight">();

  constructor(limits: Limits, measure: Measure<T>) {
    this.#limits = limits;
    this.#measure = measure;
  }

  /** @returns the records that alone make an event too large to be sent; their positions are only passed over. */
  push(key: string, reads: Iterable<Read<T>>, now: number): T[] {
    const partition = this.#partition(key);
    const most = this.#most(key);
    const tooLarge: T[] = [];
    for (const { record, next } of reads) {
      const bytes = record === null ? 0 : this.#measure.record(record) + 1;
      if (record !== null && bytes <= most) {
        partition.waiting.push({ record, next, bytes, at: now });
        partition.records += 1;
        partition.bytes += bytes;
        continue;
      }
      if (record !== null) tooLarge.push(record);
      const last = partition.waiting.at(-1);
      if (last !== undefined) last.next = next;
      else partition.waiting.push({ record: null, next, bytes: 0, at: now });
    }
    return tooLarge;
  }

  isTooLarge(key: string, record: T): boolean {
    return this.#measure.record(record) + 1 > this.#most(key);
  }

  /** The largest record, with its comma, that an event of its own has room for. */
  #most(key: string): number {
    return this.#limits.bytes - this.#measure.event - this.#measure.partition(key) + 1;
  }

  /** Whether a partition should be read on: about two batches in advance keep the handler busy, more is only memory. */
  hasRoom(key: string): boolean {
    const { records, bytes } = this.#partition(key);
    return records < this.#limits.records * 2 && bytes < (this.#limits.bytes * 2) / this.#partitions.size;
  }

  /** The next batch, closed by whatever comes first of size, bytes and window; else how long nothing will change by itself. */
  take(now: number): Taken<T> {
    let wait = Number.POSITIVE_INFINITY;
    for (const [batch, due] of this.#taken) {
      if (due === "in flight") continue;
      if (due <= now) {
        this.#taken.set(batch, "in flight");
        return { batch };
      }
      wait = Math.min(wait, due - now);
    }
    const idle = this.#idle();
    if (idle.length === 0) return { wait };
    const first = idle[0]?.[1].waiting[0]?.at ?? now;
    return this.#isFull(idle) || now - first >= this.#limits.window
      ? { batch: this.#close(idle) }
      : { wait: Math.min(wait, first + this.#limits.window - now) };
  }

  /** A batch that is full, while another is in flight. */
  takeBeside(): Taken<T> {
    const idle = [...this.#taken.values()].includes("in flight") ? this.#idle() : [];
    return this.#isFull(idle) ? { batch: this.#close(idle) } : { wait: Number.POSITIVE_INFINITY };
  }

  /** Settled or given up: what was split off it is due, or its partitions may be in an invocation again. */
  release(batch: Batch<T>, now: number): void {
    this.#taken.delete(batch);
    this.#await(batch.rest, now);
  }

  /** The same records again at `due`, without the parts lost meanwhile; their partitions stay blocked until then. */
  retry(batch: Batch<T>, due: number): void {
    this.replace(batch, batch, due);
  }

  /** Whatever waits for its retry is due. */
  retryNow(now: number): void {
    for (const [batch, due] of this.#taken)
      if (due !== "in flight") this.#taken.set(batch, Math.min(due, now));
  }

  /** Instead of `batch`, at `due`, another with no more than its records, followed by its `rest`. */
  replace(batch: Batch<T>, other: Batch<T>, due: number): void {
    this.#taken.delete(batch);
    for (const [key, { lost }] of batch.parts) {
      if (lost) for (const { parts } of chain(other)) parts.delete(key);
    }
    this.#await(other, due);
  }

  /** Forgets a partition that is read by somebody else now, or from another position. What is in flight stays there, as lost. */
  drop(key: string): void {
    const partition = this.#partition(key);
    partition.waiting = [];
    partition.records = 0;
    partition.bytes = 0;
    for (const [batch, due] of [...this.#taken]) {
      for (const { parts } of chain(due === "in flight" ? batch.rest : batch)) parts.delete(key);
      const part = batch.parts.get(key);
      if (part !== undefined) part.lost = true;
      if (due !== "in flight") this.#await(batch, due);
    }
  }

  /** A batch that has lost everything makes way for what follows it. */
  #await(batch: Batch<T> | undefined, due: number): void {
    if (batch === undefined) return;
    this.#taken.delete(batch);
    const next = chain(batch).find(({ parts }) => parts.size > 0);
    if (next !== undefined) this.#taken.set(next, due);
  }

  /** Partitions with something waiting that are in no batch yet to be settled, longest waiting first. */
  #idle(): [string, Partition<T>][] {
    const taken = new Set<string>();
    for (const batch of this.#taken.keys()) {
      for (const { parts } of chain(batch)) for (const key of parts.keys()) taken.add(key);
    }
    const at = (partition: Partition<T>) => partition.waiting[0]?.at ?? 0;
    return [...this.#partitions]
      .filter(([key, { waiting }]) => waiting.length > 0 && !taken.has(key))
      .sort(([, a], [, b]) => at(a) - at(b));
  }

  #isFull(idle: [string, Partition<T>][]): boolean {
    const records = idle.reduce((sum, [, partition]) => sum + partition.records, 0);
    const bytes = idle.reduce(
      (sum, [key, { bytes }]) => sum + bytes + this.#measure.partition(key),
      this.#measure.event,
    );
    return records >= this.#limits.records || bytes > this.#limits.bytes;
  }

  #close(idle: [string, Partition<T>][]): Batch<T> {
    const batch: Batch<T> = { parts: new Map(), failures: 0 };
    let room = this.#limits.records;
    let bytes = this.#limits.bytes - this.#measure.event + 1;
    for (const [key, partition] of idle) {
      let left = bytes - this.#measure.partition(key);
      const end = partition.waiting.findIndex(({ record, bytes }) => {
        if (record === null) return false;
        if (room === 0 || bytes > left) return true;
        room -= 1;
        left -= bytes;
        return false;
      });
      const taken = partition.waiting.splice(0, end === -1 ? partition.waiting.length : end);
      const last = taken.at(-1);
      if (last === undefined) continue;
      const records: T[] = [];
      const ends: number[] = [];
      for (const { record, bytes, next } of taken) {
        partition.bytes -= bytes;
        if (record === null) continue;
        records.push(record);
        ends.push(next);
      }
      partition.records -= records.length;
      bytes = left;
      batch.parts.set(key, { records, ends, next: last.next, lost: false });
    }
    this.#taken.set(batch, "in flight");
    return batch;
  }

  #partition(key: string): Partition<T> {
    let partition = this.#partitions.get(key);
    if (partition === undefined) {
      partition = { waiting: [], records: 0, bytes: 0 };
      this.#partitions.set(key, partition);
    }
    return partition;
  }
}

/** A batch and all that follows it. */
export function chain<T>(batch: Batch<T> | undefined): Batch<T>[] {
  return batch === undefined ? [] : [batch, ...chain(batch.rest)];
}

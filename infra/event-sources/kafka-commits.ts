import { reconnectDelay } from "./backoff.ts";
import { pause } from "./source.ts";

/** How far a partition is done, and how far its group knows. */
export interface Progress {
  partition: number;
  /** Everything before it is processed. */
  done: number;
  /** Committed, or where it began. */
  settled: number;
}

/**
 * Commits behind the invocations: the next batch does not wait for it, and what many batches did goes out in one
 * request. A process that is killed repeats at most what its last request had not told.
 */
export class KafkaCommits<P extends Progress> {
  readonly #commit: (positions: Map<number, number>) => Promise<void>;
  readonly #isOurs: (progress: P) => boolean;
  readonly #trouble: (error?: unknown) => void;
  readonly #closing = new AbortController();
  readonly #pending = new Set<P>();
  #running: Promise<void> | undefined;

  /** @param isOurs false once the partition has gone to others: then nothing of it may be committed. */
  constructor(
    commit: (positions: Map<number, number>) => Promise<void>,
    isOurs: (progress: P) => boolean,
    trouble: (error?: unknown) => void,
  ) {
    this.#commit = commit;
    this.#isOurs = isOurs;
    this.#trouble = trouble;
  }

  advance(progress: P, done: number): void {
    progress.done = done;
    this.#pending.add(progress);
    this.#start();
  }

  /** Once everything is committed, or some milliseconds have passed. */
  async close(limit = 2000): Promise<void> {
    const late = setTimeout(() => this.#closing.abort(), limit);
    while (this.#running !== undefined) await this.#running;
    clearTimeout(late);
    this.#closing.abort();
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      // Advanced since the last look.
      if (this.#pending.size > 0 && !this.#closing.signal.aborted) this.#start();
    });
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    for (let failures = 0; this.#pending.size > 0 && !signal.aborted; ) {
      const due = [...this.#pending]
        .filter(this.#isOurs)
        .map((progress) => ({ progress, done: progress.done }));
      this.#pending.clear();
      try {
        if (due.length > 0)
          await this.#commit(new Map(due.map(({ progress, done }) => [progress.partition, done])));
        for (const { progress, done } of due) progress.settled = done;
        failures = 0;
        this.#trouble();
      } catch (error) {
        for (const { progress } of due) this.#pending.add(progress);
        failures += 1;
        // A single failure is normal: the group is rebalancing.
        if (failures > 1) this.#trouble(error);
        await pause(reconnectDelay(failures), signal);
      }
    }
  }
}

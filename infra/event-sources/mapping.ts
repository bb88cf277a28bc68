import type { Answer, Failure } from "./answer.ts";
import type { Mapping } from "./definition.ts";
import { type Outcome, run } from "./runner.ts";
import type { Report, Source } from "./source.ts";
import { type MappingStatus, statusOf } from "./status.ts";

export interface Log {
  notice(line: string): void;
  warning(line: string): void;
  error(line: string): void;
}

/** One mapping at work: polls its source, invokes its function, says when its state changes. */
export class ActiveMapping {
  readonly #name: string;
  readonly #status: MappingStatus;
  readonly #source: Source;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  /** Whether the broker answers, once that is known; the other reason to retry is a failing function. */
  #connected: boolean | undefined;
  #failing: Failure | undefined;

  constructor(
    mapping: Mapping,
    open: (report: Report) => Source,
    invoke: (event: unknown) => Promise<Answer>,
    log: Log,
  ) {
    this.#status = { ...statusOf(mapping), state: "retrying" };
    this.#name = `event-sources: ${mapping.functionKey} ← ${mapping.source} ${this.#status.topic ?? this.#status.queue}`;
    this.#log = log;
    this.#source = open({
      state: (state, error) => this.#connection(state, error),
      dropped: (what) => log.error(`${this.#name} dropped ${what}: alone larger than an event may be (6 MB)`),
    });
    this.#source.start();
    this.#running = run(this.#source, invoke, (outcome) => this.#outcome(outcome), this.#stopping.signal);
  }

  get status(): MappingStatus {
    return { ...this.#status, lag: this.#source.lag() };
  }

  /** Lets the batch in flight finish, for at most `limit` milliseconds; then leaves the broker. */
  async stop(limit: number): Promise<void> {
    this.#stopping.abort();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, limit);
    await Promise.race([this.#running, late]);
    clearTimeout(timer);
    await this.#source.close();
    this.#status.state = "stopped";
    delete this.#status.error;
  }

  #connection(state: "polling" | "retrying", error: unknown): void {
    if (this.#stopping.signal.aborted) return;
    const connected = state === "polling";
    if (connected === this.#connected) return;
    this.#connected = connected;
    const group = this.#status.group === undefined ? "" : ` (group ${this.#status.group})`;
    if (connected) this.#log.notice(`${this.#name} polling${group}`);
    else this.#log.warning(`${this.#name} retrying: ${describe(error)}`);
    this.#update(describe(error));
  }

  #outcome({ answer, records, failures, retryIn }: Outcome): void {
    if ("failure" in answer) {
      const { type, message, stack } = answer.failure;
      const same = this.#failing?.message === message;
      this.#failing = answer.failure;
      this.#log.error(
        `${this.#name} failed (attempt ${failures}, ${records} records, again in ${retryIn} ms): ` +
          (same ? `${type}: ${message}` : (stack ?? `${type}: ${message}`)),
      );
    } else if (this.#failing !== undefined) {
      this.#failing = undefined;
      this.#log.notice(`${this.#name} polling again`);
    }
    this.#update();
  }

  #update(connectionError?: string): void {
    this.#status.state = this.#connected && this.#failing === undefined ? "polling" : "retrying";
    const error = this.#connected ? this.#failing?.message : (connectionError ?? this.#status.error);
    if (error === undefined) delete this.#status.error;
    else this.#status.error = error;
  }
}

/** The innermost reason, in a line: clients wrap what the network said. */
function describe(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return describe(error.errors[0]);
  if (error instanceof Error) return error.cause instanceof Error ? describe(error.cause) : error.message;
  return String(error);
}

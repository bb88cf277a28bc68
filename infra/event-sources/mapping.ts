import type { Answer, Failure } from "./answer.ts";
import type { Mapping } from "./definition.ts";
import { type Invocation, run } from "./runner.ts";
import type { Payload, Report, Source } from "./source.ts";
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
  readonly #running: Promise<unknown>;
  /** By the part of the source that has it. */
  readonly #troubles = new Map<string, string>();
  #failing: Failure | undefined;
  /** As last printed. */
  #printed: "polling" | "retrying" | undefined;

  constructor(
    mapping: Mapping,
    open: (report: Report) => Source,
    invoke: (payload: Payload) => Promise<Answer>,
    log: Log,
  ) {
    this.#status = { ...statusOf(mapping), state: "retrying" };
    this.#name = `event-sources: ${mapping.functionKey} ← ${mapping.source} ${this.#status.topic ?? this.#status.queue}`;
    this.#log = log;
    this.#source = open({
      trouble: (part, error) => this.#connection(part, error),
      gaveUp: (what) => log.error(`${this.#name} gave up ${what}`),
    });
    this.#source.start();
    const { signal } = this.#stopping;
    const lanes = mapping.source === "rabbitmq" ? 1 : mapping.concurrency;
    const onlyBeside = mapping.source !== "rabbitmq" && !mapping.provisioned;
    const lane = (_: unknown, index: number) =>
      run(this.#source, invoke, (invocation) => this.#invoked(invocation), signal, onlyBeside && index > 0);
    this.#running = Promise.all(Array.from({ length: lanes }, lane)).catch((error: Error) => {
      // Our own mistake: nothing above it is meant to throw.
      log.error(`${this.#name} stopped: ${error.stack}`);
      Object.assign(this.#status, { state: "stopped", error: error.message });
    });
  }

  get status(): MappingStatus {
    return { ...this.#status, lag: this.#source.lag() };
  }

  retryNow(): void {
    this.#source.retryNow();
  }

  /** Lets batches in flight finish, for at most `limit` milliseconds; then leaves the broker. */
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

  #connection(part: string, error: unknown): void {
    if (this.#stopping.signal.aborted) return;
    if (error === undefined) this.#troubles.delete(part);
    else this.#troubles.set(part, describe(error));
    const [trouble] = this.#troubles.values();
    const state = trouble === undefined ? "polling" : "retrying";
    if (state !== this.#printed) {
      this.#printed = state;
      const group = this.#status.group === undefined ? "" : ` (group ${this.#status.group})`;
      if (trouble === undefined) this.#log.notice(`${this.#name} polling${group}`);
      else this.#log.warning(`${this.#name} retrying: ${trouble}`);
    }
    this.#update();
  }

  #invoked({ answer, records, failures, retryIn }: Invocation): void {
    if (failures === 0) {
      if (this.#failing !== undefined) this.#log.notice(`${this.#name} polling again`);
      this.#failing = undefined;
    } else {
      const failure = "failure" in answer ? answer.failure : itemFailures;
      const { type, message, stack } = failure;
      const known = this.#failing?.message === message;
      this.#failing = retryIn === undefined ? undefined : failure;
      const again = retryIn === undefined ? "given up" : `again in ${retryIn} ms`;
      const reason = known ? `${type}: ${message}` : (stack ?? `${type}: ${message}`);
      this.#log.error(`${this.#name} failed (attempt ${failures}, ${records} records, ${again}): ${reason}`);
    }
    this.#update();
  }

  #update(): void {
    const error = this.#troubles.values().next().value ?? this.#failing?.message;
    this.#status.state = error === undefined && this.#printed !== undefined ? "polling" : "retrying";
    if (error === undefined) delete this.#status.error;
    else this.#status.error = error;
  }
}

/** The function answered, and named records that failed. */
const itemFailures: Failure = {
  type: "BatchItemFailures",
  message: "the response names records that failed",
};

/** The innermost reason, in a line: clients wrap what the network said. */
function describe(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return describe(error.errors[0]);
  if (error instanceof Error) return error.cause instanceof Error ? describe(error.cause) : error.message;
  return String(error);
}

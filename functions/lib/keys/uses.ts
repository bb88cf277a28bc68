import type { ClickHouseClient } from "@clickhouse/client";
import { log } from "../log.ts";

interface Use {
  /** Epoch seconds. */
  minute: number;
  key_id: string;
  target: string;
  status: number;
  requests: number;
}

const every = 10_000;
const mostHeld = 10_000;

/**
 * Counts what keys are used for and writes it beside a later request, never on a timer: a frozen environment runs none. What an
 * environment counted in its last seconds is lost with it.
 */
export class Uses {
  readonly #client: ClickHouseClient;
  readonly #now: () => number;
  #held = new Map<string, Use>();
  #writtenAt: number;

  constructor(client: ClickHouseClient, now: () => number = Date.now) {
    this.#client = client;
    this.#now = now;
    this.#writtenAt = now();
  }

  note(key_id: string, target: string, status: number): void {
    const minute = Math.floor(this.#now() / 60_000) * 60;
    const name = JSON.stringify([minute, key_id, target, status]);
    const use = this.#held.get(name);
    if (use) use.requests++;
    else if (this.#held.size < mostHeld)
      this.#held.set(name, { minute, key_id, target, status, requests: 1 });
  }

  /** Writes what is held when it is time to. Never throws: what could not be written is tried again. */
  async write(): Promise<void> {
    if (this.#held.size === 0 || this.#now() - this.#writtenAt < every) return;
    this.#writtenAt = this.#now();
    const held = this.#held;
    this.#held = new Map();
    try {
      await this.#client.insert({
        table: "sluice.api_key_uses",
        format: "JSONEachRow",
        values: [...held.values()],
        abort_signal: AbortSignal.timeout(3_000),
      });
    } catch (cause) {
      log("warn", "the use of API keys could not be written; tried again", { cause: String(cause) });
      for (const [name, use] of this.#held)
        held.set(name, { ...use, requests: use.requests + (held.get(name)?.requests ?? 0) });
      this.#held = held;
    }
  }
}

import type { ClickHouseClient } from "@clickhouse/client";
import { HttpError } from "../http.ts";
import { log } from "../log.ts";
import type { KeyGrant } from "./key.ts";

export interface StoredKey extends KeyGrant {
  hash: string;
  /** Epoch milliseconds. */
  expires: number | null;
}

/** Revoked and expired keys are refused at the latest so many milliseconds later. */
const keptFor = 10_000;
/** A key that is not known may be a new one: it is looked for once in so many milliseconds, however many are tried. */
const leastBetween = 1_000;

const sql = `
  SELECT id, kind, hash, endpoints, sources, origins, fixed, per_minute AS perMinute, toUnixTimestamp64Milli(expires_at) AS expires
  FROM (SELECT * FROM sluice.api_keys ORDER BY id, version DESC LIMIT 1 BY id)
  WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now64(3))
  LIMIT 100000`;

/** The stored keys, kept in this execution environment. With ClickHouse away those known go on: events need not wait for it. */
export class Keyring {
  readonly #client: ClickHouseClient;
  readonly #now: () => number;
  #keys = new Map<string, StoredKey>();
  #readAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(client: ClickHouseClient, now: () => number = Date.now) {
    this.#client = client;
    this.#now = now;
  }

  /** @throws HttpError 503 when the keys have never been read and ClickHouse does not answer. */
  async find(id: string): Promise<StoredKey | undefined> {
    const age = this.#now() - this.#readAt;
    if (age >= (this.#keys.has(id) ? keptFor : leastBetween)) await this.#refresh();
    const key = this.#keys.get(id);
    return key && (key.expires === null || key.expires > this.#now()) ? key : undefined;
  }

  async #refresh(): Promise<void> {
    if (this.#now() - this.#triedAt >= leastBetween) {
      this.#triedAt = this.#now();
      this.#reading = this.#read();
    }
    await this.#reading;
  }

  async #read(): Promise<void> {
    try {
      const answer = await this.#client.query({
        query: sql,
        format: "JSONEachRow",
        clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
        abort_signal: AbortSignal.timeout(3_000),
      });
      const rows = await answer.json<StoredKey>();
      this.#keys = new Map(rows.map((row) => [row.id, row]));
      this.#readAt = this.#now();
    } catch (cause) {
      if (this.#readAt === Number.NEGATIVE_INFINITY)
        throw new HttpError(
          503,
          "Keys cannot be checked",
          "ClickHouse does not answer. Try again in a moment.",
          {
            cause,
            headers: { "retry-after": "2" },
          },
        );
      log("warn", "API keys could not be read again; those known go on", { cause: String(cause) });
    }
  }
}

import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { type ClickHouseClient, ClickHouseError, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { z } from "zod";

/** What functions need of ClickHouse to write. Tests pass one on a client of their own. */
export interface Store {
  /** The `key` column of a SELECT. `params` are bound. */
  keys(query: string, params: Record<string, unknown>): Promise<string[]>;
  /** One INSERT of RowBinary bytes; a second one under the same token is dropped by the engine. */
  insert(table: string, columns: string[], rows: Buffer, token: string): Promise<void>;
}

/** Bad weather between a function and ClickHouse. The broker redelivers the batch. */
export class StoreError extends Error {
  override name = "StoreError";
  readonly retryable: boolean;

  /** @param retryable false when only a person can mend it: a missing table, a wrong password, no grant. */
  constructor(message: string, retryable: boolean, options: ErrorOptions) {
    super(message, options);
    this.retryable = retryable;
  }
}

export const clickhouseVariables = {
  CLICKHOUSE_URL: z.url(),
  CLICKHOUSE_USER: z.string().default("rmq"),
  CLICKHOUSE_PASSWORD: z.string(),
};

type ClickHouseVariables = z.output<z.ZodObject<typeof clickhouseVariables>>;

/** A client for this execution environment. A frozen sandbox runs no timers, so sockets are checked when taken. */
export const openClickHouse = (env: ClickHouseVariables): ClickHouseClient =>
  createClient({
    url: env.CLICKHOUSE_URL,
    username: env.CLICKHOUSE_USER,
    password: env.CLICKHOUSE_PASSWORD,
    application: "sluice",
    log: { level: ClickHouseLogLevel.OFF },
    request_timeout: 20_000,
    use_multipart_params_auto: true,
    keep_alive: { enabled: true, idle_socket_ttl: 2500, eagerly_destroy_stale_sockets: true },
  });

/** Pinned, because their defaults differ between server versions and deduplication depends on them. */
const insertSettings = {
  async_insert: 0,
  wait_end_of_query: 1,
  insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  max_insert_block_size: "1048449",
  min_insert_block_size_rows: "1048449",
  min_insert_block_size_bytes: "268402944",
} as const;

export function openStore(client: ClickHouseClient): Store {
  return {
    async keys(query, query_params) {
      const run = async () => {
        const result = await client.query({ query, query_params, format: "JSONCompactEachRow" });
        return (await result.json<[string]>()).map(([key]) => key);
      };
      return await run().catch(failed("probe"));
    },
    async insert(table, columns, rows, token) {
      const run = async () => {
        const { stream } = await client.exec({
          query: `INSERT INTO ${table} (${columns.join(", ")}) FORMAT RowBinary`,
          values: Readable.from([rows], { objectMode: false }),
          clickhouse_settings: {
            ...insertSettings,
            insert_deduplication_token: token,
            log_comment: `${token}:1`,
          },
        });
        await text(stream);
      };
      await run().catch(failed(table));
    },
  };
}

/** Codes of a wrong configuration: unknown column, database, table or setting, bad arguments, no grant, wrong password. */
const configurationCodes = new Set(["16", "20", "47", "60", "62", "73", "81", "452", "497", "516"]);

const failed = (what: string) => (cause: unknown) => {
  const retryable = !(cause instanceof ClickHouseError && configurationCodes.has(cause.code));
  const advice = retryable
    ? "the batch will be delivered again"
    : "this needs a person: check the migrations and CLICKHOUSE_PASSWORD";
  throw new StoreError(`ClickHouse, ${what}: ${reasonOf(cause)} (${advice})`, retryable, { cause });
};

/** ClickHouse's syntax errors list everything it would have understood: the first words say enough. */
function reasonOf(cause: unknown): string {
  const words = cause instanceof Error ? cause.message || cause.name : String(cause);
  return words.length > 300 ? `${words.slice(0, 300)}…` : words;
}

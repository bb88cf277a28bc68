import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { type ClickHouseClient, ClickHouseError } from "@clickhouse/client";

/** What functions need of ClickHouse to write. */
export interface Store {
  /** The same, bounded by an invocation: no request outlives it. */
  within(remainingMs: () => number): Store;
  /** Until the invocation must have ended. */
  remainingMs(): number;
  /** The rows of a SELECT; `params` are bound. */
  select<Row>(query: string, params: Record<string, unknown>): Promise<Row[]>;
  /**
   * One INSERT of RowBinary bytes, tried again with the same bytes and token while that may help: the engine drops what it
   * has already. @returns ClickHouse's words when the table, or a view of it, refuses a row.
   */
  insert(
    table: string,
    columns: string[],
    rows: Buffer,
    token: string,
    comment: (attempt: number) => string,
  ): Promise<string | undefined>;
  /** One INSERT … SELECT that reads rows in a stable order, under a token. */
  insertSelect(query: string, params: Record<string, unknown>, token: string): Promise<void>;
}

/** Bad weather between a function and ClickHouse. The broker redelivers the batch. */
export class StoreError extends Error {
  override name = "StoreError";
  readonly retryable: boolean;

  /** @param retryable false when only a person can mend it: a missing table, a wrong password, no grant. */
  constructor(message: string, retryable: boolean, options?: ErrorOptions) {
    super(message, options);
    this.retryable = retryable;
  }
}

/** Pinned, because their defaults differ between server versions and deduplication depends on them. */
const insertSettings = {
  async_insert: 0,
  wait_end_of_query: 1,
  insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  materialized_views_ignore_errors: 0,
  max_insert_block_size: "1048449",
  min_insert_block_size_rows: "1048449",
  min_insert_block_size_bytes: "268402944",
} as const;

/** Tries of one INSERT within an invocation, and the pause before each, in milliseconds. */
const pauses = [0, 100, 400];

/** @param remainingMs how long the invocation may still take: Lambda's `getRemainingTimeInMillis`. */
export function openStore(client: ClickHouseClient, remainingMs: () => number = () => 30_000): Store {
  /** A request ends before its invocation does: what is cut off by a timeout could still be writing afterwards. */
  const within = () => {
    const ms = Math.max(1, remainingMs() - 500);
    return { abort_signal: AbortSignal.timeout(ms), settings: { max_execution_time: Math.ceil(ms / 1000) } };
  };
  const write = async (
    query: string,
    values: Readable | undefined,
    params: Record<string, unknown>,
    more: object,
  ) => {
    const { abort_signal, settings } = within();
    const { stream } = await client.exec({
      query,
      query_params: params,
      abort_signal,
      clickhouse_settings: { ...insertSettings, ...settings, ...more },
      ...(values && { values }),
    });
    await text(stream);
  };
  return {
    within: (bound) => openStore(client, bound),
    remainingMs,
    async select<Row>(query: string, query_params: Record<string, unknown>) {
      const { abort_signal } = within();
      const run = async () =>
        (await client.query({ query, query_params, format: "JSONEachRow", abort_signal })).json<Row>();
      return await run().catch(fail("a question"));
    },
    async insert(table, columns, rows, token, comment) {
      const query = `INSERT INTO ${table} (${columns.join(", ")}) FORMAT RowBinary`;
      for (const [index, pause] of pauses.entries()) {
        await sleep(pause);
        try {
          const values = Readable.from([rows], { objectMode: false });
          const more = { insert_deduplication_token: token, log_comment: comment(index + 1) };
          await write(query, values, {}, more);
          return undefined;
        } catch (error) {
          if (error instanceof ClickHouseError && rowCodes.has(error.code)) return reasonOf(error);
          const again = mayPass(error) && index < pauses.length - 1 && remainingMs() > 2000;
          if (!again) fail(table)(error);
        }
      }
      return undefined;
    },
    async insertSelect(query, params, token) {
      const more = { insert_deduplication_token: token, deduplicate_insert_select: "force_enable" };
      await write(query, undefined, params, more).catch(fail("a repair"));
    },
  };
}

/** A wrong configuration: unknown column, database, table or setting, bad arguments, no grant, wrong password. */
const configurationCodes = new Set("16 20 26 27 33 36 47 53 60 62 73 81 115 117 131 452 497 516".split(" "));

/**
 * A row that an expression or a constraint of its table refuses. Codes that mean "these bytes do not fit the columns" (26,
 * 27, 33, 53, 117, 131) are not among them: rows are encoded here, so such a table is not the one this code was written for.
 */
const rowCodes = new Set(["6", "38", "41", "69", "70", "72", "321", "349", "441", "469", "691"]);

const mayPass = (error: unknown): boolean =>
  !(error instanceof ClickHouseError && configurationCodes.has(error.code));

const fail =
  (what: string) =>
  (cause: unknown): never => {
    const retryable = mayPass(cause);
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

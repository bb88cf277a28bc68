import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { ClickHouseClient } from "@clickhouse/client";
import { fail, isOvertaken, isRefusedRow, mayPass, Overtaken, reasonOf } from "./store-error.ts";
import { describeTarget, quoteName, type Target } from "./target.ts";

/** What functions need of ClickHouse to write. Whatever goes wrong is a `StoreError`. */
export interface Store {
  /** The same, bounded by an invocation: no request outlives it. */
  within(remainingMs: () => number): Store;
  /** Until the invocation must have ended. */
  remainingMs(): number;
  /** The rows of a SELECT; `params` are bound. */
  select<Row>(query: string, params: Record<string, unknown>): Promise<Row[]>;
  /** One statement without an answer. */
  execute(query: string, params: Record<string, unknown>): Promise<void>;
  /**
   * One INSERT, tried again with the same bytes and token while that may help: the engine drops what it has already.
   * @throws Overtaken when its condition does not hold: nothing of it was written.
   */
  insert(batch: Insert): Promise<Inserted>;
  /** Writes rows of a table into it once more, under a token: `select` reads them in a stable order. */
  replay(table: string, columns: string[], select: string, params: object, token: string): Promise<void>;
}

export interface Insert {
  table: string;
  columns: string[];
  /** RowBinary of `columns`. */
  rows: Buffer;
  /** Columns that are the same in every row. */
  constants?: Record<string, string | number>;
  /** `insert_deduplication_token`. */
  token: string;
  /** `log_comment`, by which it is found while it runs. */
  comment: string;
  /** What the server checks before it takes a row: an expression that is true or throws `overtakenCode`. */
  condition?: { where: string; params: Record<string, unknown> } | undefined;
}

export interface Inserted {
  /** How often it was sent; an earlier one may still be on its way. */
  attempts: number;
  /** ClickHouse's words when the table, or a view of it, refuses a row. */
  refusal?: string;
}

export interface StoreOptions {
  /** How long the invocation may still take: Lambda's `getRemainingTimeInMillis`. */
  remainingMs?: () => number;
  /** Tries of one INSERT within an invocation: the pause before each, in milliseconds. */
  pauses?: readonly number[];
}

export function openStore(client: ClickHouseClient, options: StoreOptions = {}): Store {
  return openWithin(client, options, new Map());
}

function openWithin(client: ClickHouseClient, options: StoreOptions, targets: Map<string, Promise<Target>>) {
  const { remainingMs = () => 30_000, pauses = [0, 100, 400] } = options;
  /** A request ends before its invocation does: what is cut off by a timeout could still be writing afterwards. */
  const bound = () => {
    const ms = Math.max(1, remainingMs() - 500);
    return { abort_signal: AbortSignal.timeout(ms), settings: { max_execution_time: Math.ceil(ms / 1000) } };
  };
  const send = async (query: string, params: object, more: object = {}, values?: Readable) => {
    const { abort_signal, settings } = bound();
    const { stream } = await client.exec({
      query,
      query_params: { ...params },
      abort_signal,
      clickhouse_settings: { ...settings, ...more },
      ...(values && { values }),
    });
    await text(stream);
  };
  const ask = async <Row>(query: string, query_params: Record<string, unknown>): Promise<Row[]> => {
    const { abort_signal } = bound();
    return (await client.query({ query, query_params, format: "JSONEachRow", abort_signal })).json<Row>();
  };
  const target = (table: string): Promise<Target> => {
    const known = targets.get(table) ?? describeTarget(ask, table);
    targets.set(table, known);
    known.catch(() => targets.delete(table));
    return known;
  };
  /** A table that lacks a column is described anew: it may have been added since. */
  const targetWith = async (table: string, columns: string[]) => {
    const known = await target(table);
    if (known.has(columns)) return known;
    targets.delete(table);
    return await target(table);
  };

  const store: Store = {
    within: (remaining) => openWithin(client, { ...options, remainingMs: remaining }, targets),
    remainingMs,
    select: (query, params) => ask<never>(query, params).catch(fail("a question")),
    execute: (query, params) => send(query, params).catch(fail("a statement")),
    async insert({ table, columns, rows, constants = {}, token, comment, condition }) {
      const fixed = Object.keys(constants);
      const known = await targetWith(table, [...columns, ...fixed]).catch(fail(table));
      const where = condition === undefined ? "" : `WHERE ${condition.where}`;
      const names = [...columns, ...fixed].map(quoteName).join(", ");
      const values = ["*", ...known.parameters(fixed)].join(", ");
      const query = `INSERT INTO ${table} (${names}) SELECT ${values} FROM input(${known.structure(columns)}) ${where} FORMAT RowBinary`;
      const params = { ...condition?.params, ...constants };
      const more = { ...known.settings, insert_deduplication_token: token, log_comment: comment };
      for (let attempts = 1; ; attempts++) {
        await sleep(pauses[attempts - 1]);
        try {
          await send(query, params, more, Readable.from([rows], { objectMode: false }));
          return { attempts };
        } catch (error) {
          if (isOvertaken(error)) throw new Overtaken(`ClickHouse, ${table}: ${reasonOf(error)}`, true);
          if (isRefusedRow(error)) return { attempts, refusal: reasonOf(error) };
          if (!mayPass(error) || attempts === pauses.length || remainingMs() < 2000) fail(table)(error);
        }
      }
    },
    async replay(table, columns, select, params, token) {
      const { settings } = await target(table).catch(fail(table));
      const query = `INSERT INTO ${table} (${columns.join(", ")}) ${select}`;
      await send(query, params, { ...settings, insert_deduplication_token: token }).catch(fail(table));
    },
  };
  return store;
}

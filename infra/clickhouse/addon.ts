import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** What a statement left: its result in the format asked for. */
export interface RawResult {
  bytes: Uint8Array;
  /** Despite its name, rows of the result; of an INSERT, rows written. */
  rowsRead: number;
  /** Likewise, bytes of the result before it is formatted. */
  bytesRead: number;
}

/** What the engine's own parser makes of a text. */
export interface Analysis {
  statementCount: number;
  /** 0 reads, 1 writes tables, 2 writes beyond databases, 3 controls (SET, USE, SYSTEM, KILL, files), 4 not known. */
  queryClass: number;
  /** It carries a credential. */
  hasSecrets: boolean;
}

export type Connection = { readonly brand: unique symbol };

/** The native calls of chdb 3.4.0. Their errors are plain, with ClickHouse's `Code: N. DB::Exception: …` in the message. */
export interface Addon {
  CreateConnection(path: string, args: readonly string[]): Connection;
  CloseConnection(connection: Connection): void;
  /** On this thread. */
  QueryWithConnection(connection: Connection, sql: string, format: string): string;
  /** On a thread of the pool. */
  QueryAsyncConnection(connection: Connection, sql: string, format: string): Promise<RawResult>;
  DurableClassifyAsync(connection: Connection, sql: string, database: string): Promise<Analysis>;
}

/**
 * The addon itself, not chdb's `Session`: closing a Session waits for every statement of every other Session, so that one long
 * query keeps all connections opened beside it (and their memory) until it ends.
 */
export function loadAddon(): Addon {
  const require = createRequire(import.meta.url);
  const loader = join(dirname(require.resolve("chdb/package.json")), "dist", "loader.js");
  return require(loader).loadNative();
}

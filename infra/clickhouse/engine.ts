import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { totalmem } from "node:os";
import { join } from "node:path";
import { type Addon, type Analysis, type Connection, loadAddon, type RawResult } from "./addon.ts";
import { diskNames, writeConfig } from "./config.ts";
import { holderOf } from "./holder.ts";
import { forgetLostParts } from "./lost-parts.ts";
import { literal } from "./sql.ts";

/** A string setting nothing local reads: it carries our name for a statement into `system.processes`. */
export const tagSetting = "s3queue_default_zookeeper_path";

/** The ClickHouse engine on one data directory. A process holds at most one, a directory is held by at most one. */
export interface Engine {
  readonly version: string;
  /** Content-Type by lower-case format name. */
  readonly contentTypes: ReadonlyMap<string, string>;
  /** A connection with settings, parameters, temporary tables and a current database of its own. */
  connect(): Connection;
  /** Not while a statement runs on it. */
  disconnect(connection: Connection): void;
  run(connection: Connection, sql: string, format: string): Promise<RawResult>;
  /** What the engine's own parser makes of a text: how many statements, and whether they read, write or control. */
  analyze(sql: string): Promise<Analysis>;
  /** Runs the server's own SQL on this thread. */
  ask(sql: string): string;
  /** Asks the statement tagged so to stop. Does not wait, and takes no thread of the pool, which may be full. */
  kill(tag: string): void;
  /** After all other connections have been let go. */
  close(): void;
}

/** Another process holds the data directory. */
export class DirectoryInUse extends Error {
  override name = "DirectoryInUse";
}

/** Opens the engine. Later statements only: nothing may run on it before this returns. */
export function openEngine(directory: string): Engine {
  const store = join(directory, "store");
  mkdirSync(store, { recursive: true });
  const addon = loadAddon();
  const args = writeConfig(directory, Math.floor(totalmem() * 0.6));
  const lost = holderOf(store) ? [] : forgetLostParts(diskNames.map((name) => join(directory, name)));
  for (const part of lost)
    console.error(`The engine was stopped before ${part} had its name: its INSERT counts as not begun.`);
  const kept = open(addon, store, args);
  const ask = (sql: string, format = "TSVRaw") => addon.QueryWithConnection(kept, sql, format).trim();
  makeDefaultPlain(ask, store);
  const parser = addon.CreateConnection(store, args);
  const known = new Map<string, Promise<Analysis>>();
  const formats: { data: [string, string][] } = JSON.parse(
    ask("SELECT lower(name), content_type FROM system.formats WHERE content_type != ''", "JSONCompact"),
  );
  return {
    version: ask("SELECT version()"),
    contentTypes: new Map(formats.data),
    connect: () => addon.CreateConnection(store, args),
    disconnect: (connection) => addon.CloseConnection(connection),
    run: (connection, sql, format) => addon.QueryAsyncConnection(connection, sql, format),
    analyze(sql) {
      const found = known.get(sql);
      if (found) return found;
      if (known.size >= 1000) known.clear();
      const analysis = addon.DurableClassifyAsync(parser, sql, "default");
      if (sql.length < 10_000) known.set(sql, analysis);
      return analysis;
    },
    ask,
    kill(tag) {
      try {
        ask(`KILL QUERY WHERE Settings['${tagSetting}'] = ${literal(tag)} ASYNC`);
      } catch (error) {
        console.error(`A statement could not be stopped: ${(error as Error).message}`);
      }
    },
    close() {
      addon.CloseConnection(parser);
      addon.CloseConnection(kept);
    },
  };
}

function open(addon: Addon, store: string, args: readonly string[]): Connection {
  try {
    return addon.CreateConnection(store, args);
  } catch (error) {
    const pid = holderOf(store);
    if (!pid) throw error;
    throw new DirectoryInUse(
      `The data directory ${store} is in use by process ${pid}. Stop that one, or give --data another directory.`,
    );
  }
}

/**
 * The embedded engine opens `default` as an overlay over the machine's files: once someone who may has read one,
 * `x IN default.\`/etc/passwd\`` reads it past all privileges. Its tables are ordinary ones underneath, so opening it again as an
 * ordinary database closes the hole (and lets tables be renamed into other databases).
 */
function makeDefaultPlain(ask: (sql: string) => string, store: string): void {
  const metadata = join(store, "metadata", "default");
  const empty = !existsSync(metadata) || readdirSync(metadata).length === 0;
  if (empty) ask("DROP DATABASE default; CREATE DATABASE default ENGINE = Atomic");
  else ask("DETACH DATABASE default; ATTACH DATABASE default");
  const engine = ask("SELECT engine FROM system.databases WHERE name = 'default'");
  if (engine !== "Atomic")
    throw new Error(`The database default in ${store} opened as ${engine}, not as Atomic.`);
}

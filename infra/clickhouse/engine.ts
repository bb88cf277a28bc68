import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { totalmem } from "node:os";
import { join } from "node:path";
import { type ChdbResult, drainPending, Session } from "chdb";
import { nodeEngineFactory, type QueryAnalysis } from "chdb/durable/node";
import { writeConfig } from "./config.ts";
import { literal } from "./sql.ts";

/** A string setting nothing local reads: it carries our name for a statement into `system.processes`. */
export const tagSetting = "s3queue_default_zookeeper_path";

/** The ClickHouse engine on one data directory. A process holds at most one, a directory is held by at most one. */
export interface Engine {
  readonly version: string;
  /** Content-Type by lower-case format name. */
  readonly contentTypes: ReadonlyMap<string, string>;
  /** A connection with settings, parameters, temporary tables and a current database of its own. */
  connect(): Session;
  run(connection: Session, sql: string, format: string): Promise<ChdbResult>;
  /** What the engine's own parser makes of a text: how many statements, and whether they read, write or control. */
  analyze(sql: string): Promise<QueryAnalysis>;
  /** Asks the statement tagged so to stop. Does not wait, and takes no thread of the pool, which may be full. */
  kill(tag: string): void;
  close(): Promise<void>;
}

/** Another process holds the data directory. */
export class DirectoryInUse extends Error {
  override name = "DirectoryInUse";
}

export async function openEngine(directory: string): Promise<Engine> {
  const store = join(directory, "store");
  mkdirSync(store, { recursive: true });
  const connectionArgs = writeConfig(directory, Math.floor(totalmem() * 0.6));
  const connect = () => new Session(store, { connectionArgs });
  const kept = open(store, connect);
  makeDefaultPlain(kept, store);
  const parser = await nodeEngineFactory({ extraArgs: connectionArgs })();
  await parser.start({ dataPath: store, backupsAllowedPath: join(directory, "backups") });
  const known = new Map<string, Promise<QueryAnalysis>>();
  const formats = JSON.parse(
    kept.query("SELECT lower(name), content_type FROM system.formats", "JSONCompact"),
  );
  return {
    version: kept.query("SELECT version()", "TSVRaw").trim(),
    contentTypes: new Map(formats.data.filter(([, type]: [string, string]) => type !== "")),
    connect,
    run: (connection, sql, format) => connection.queryAsync(sql, { format }),
    analyze(sql) {
      const found = known.get(sql);
      if (found) return found;
      if (known.size >= 1000) known.clear();
      const analysis = parser.analyze(sql, "default");
      if (sql.length < 10_000) known.set(sql, analysis);
      return analysis;
    },
    kill: (tag) => void kept.query(`KILL QUERY WHERE Settings['${tagSetting}'] = ${literal(tag)} ASYNC`),
    async close() {
      await parser.close();
      kept.close();
      await drainPending();
    },
  };
}

function open(store: string, connect: () => Session): Session {
  try {
    return connect();
  } catch (error) {
    const status = join(store, "status");
    const held = /Code: 76\b|another server instance/i.test(`${error} ${(error as Error).cause}`);
    const pid = existsSync(status) && /PID: (\d+)/.exec(readFileSync(status, "utf8"))?.[1];
    if (!held && !(pid && isRunning(Number(pid)))) throw error;
    throw new DirectoryInUse(
      `The data directory ${store} is in use by process ${pid || "unknown"}. Stop that one, or give --data another directory.`,
    );
  }
}

function isRunning(pid: number): boolean {
  try {
    return pid !== process.pid && process.kill(pid, 0);
  } catch {
    return false;
  }
}

/**
 * The embedded engine opens `default` as an overlay over the machine's files: `x IN default.\`/etc/passwd\`` reads one, past
 * all privileges. Its tables are ordinary ones underneath, so opening it again as an ordinary database closes the hole.
 */
function makeDefaultPlain(connection: Session, store: string): void {
  const ask = (sql: string) => connection.query(sql, "TSVRaw").trim();
  const metadata = join(store, "metadata", "default");
  const empty = !existsSync(metadata) || readdirSync(metadata).length === 0;
  if (empty) ask("DROP DATABASE default; CREATE DATABASE default ENGINE = Atomic");
  else ask("DETACH DATABASE default; ATTACH DATABASE default");
  const engine = ask("SELECT engine FROM system.databases WHERE name = 'default'");
  if (engine !== "Atomic")
    throw new Error(`The database default in ${store} opened as ${engine}, not as Atomic.`);
}

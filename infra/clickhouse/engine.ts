import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type ChdbResult, drainPending, Session } from "chdb";

/** The ClickHouse engine on one data directory. A process holds at most one. */
export interface Engine {
  readonly version: string;
  /** Runs SQL (a prelude and one statement) on a connection of its own: settings and temporary tables end with it. */
  run(sql: string, format: string): Promise<ChdbResult>;
  close(): Promise<void>;
}

export function openEngine(directory: string): Engine {
  const path = join(directory, "store");
  mkdirSync(path, { recursive: true });
  const connect = () => new Session(path, { connectionArgs: ["--implicit_select=0"] });
  const kept = connect();
  return {
    version: kept.query("SELECT version()", "TSVRaw").trim(),
    async run(sql, format) {
      const session = connect();
      try {
        return await session.queryAsync(sql, { format });
      } finally {
        session.close();
      }
    },
    async close() {
      kept.close();
      await drainPending();
    },
  };
}

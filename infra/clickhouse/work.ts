import type { Connection, RawResult } from "./addon.ts";
import type { Engine } from "./engine.ts";
import type { Pipes } from "./pipes.ts";
import type { QueryLog } from "./query-log.ts";
import type { Figures, Reply } from "./reply.ts";
import type { Ask } from "./request.ts";
import type { Run, Running } from "./running.ts";
import type { Sessions } from "./session.ts";
import type { Statement } from "./statement.ts";

/** Where results and data pass between the engine and this process. */
export interface Files {
  pipes: Pipes;
  /** A path for the data of one INSERT or one whole result; nothing is there yet. */
  newSpool(): string;
}

/** All that requests share. */
export interface Server {
  engine: Engine;
  files: Files;
  sessions: Sessions;
  running: Running;
  log: QueryLog;
  passwords: ReadonlyMap<string, string>;
}

/** One statement at work: what was asked, where it runs and where its answer goes. */
export interface Work {
  readonly ask: Ask;
  readonly statement: Statement;
  readonly reply: Reply;
  readonly files: Files;
  /** It carries a credential. */
  readonly secret: boolean;
  /** Runs SQL under the request's role, database, settings and parameters. `written`: what it counts are rows written. */
  run(sql: string, options?: { format?: string; written?: boolean }): Promise<RawResult>;
  /** Sends the headers of a successful answer; `length` when all of it is known. */
  begin(length?: number): void;
  /** Sends a whole body; the answer is ended when its session is free again. */
  answer(body: Uint8Array): Promise<void>;
  figures(): Figures;
}

export function openWork(
  engine: Engine,
  files: Files,
  parts: {
    entry: Run;
    ask: Ask;
    statement: Statement;
    reply: Reply;
    connection: Connection;
    prelude: string;
    secret: boolean;
  },
): Work {
  const { entry, ask, statement, reply, connection, prelude, secret } = parts;
  const started = performance.now();
  const count = { resultRows: 0, resultBytes: 0, writtenRows: 0 };
  const figures = () => ({
    ...count,
    // The engine counts what comes out; what went in is only seen while it runs, and is at least as much.
    readRows: Math.max(Number(entry.progress?.read_rows ?? 0), count.resultRows),
    readBytes: Math.max(Number(entry.progress?.read_bytes ?? 0), count.resultBytes),
    memory: Number(entry.progress?.memory_usage ?? 0),
    elapsedMs: performance.now() - started,
  });
  const format = statement.dataAt === undefined ? (statement.format ?? ask.defaultFormat) : ask.defaultFormat;
  const begin = (length?: number) => {
    const type = engine.contentTypes.get(format.toLowerCase()) ?? "text/plain; charset=UTF-8";
    // With its length known, an answer is complete before it is ended, and the session may still be locked.
    const known = ask.session ? undefined : length;
    reply.begin(200, { "Content-Type": type, "X-ClickHouse-Format": format }, figures(), known);
  };
  return {
    ask,
    statement,
    reply,
    files,
    secret,
    begin,
    figures,
    async run(sql, options = {}) {
      const result = await engine.run(connection, prelude + sql, options.format ?? ask.defaultFormat);
      if (options.written) count.writtenRows += result.rowsRead;
      count.resultRows += result.rowsRead;
      count.resultBytes += result.bytesRead;
      return result;
    },
    async answer(body) {
      begin(body.length);
      await reply.write(body);
    },
  };
}

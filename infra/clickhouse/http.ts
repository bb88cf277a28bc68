import { mkdirSync, rmSync } from "node:fs";
import { createServer, type Server as HttpServer } from "node:http";
import { join } from "node:path";
import type { Engine } from "./engine.ts";
import { Pipes } from "./pipes.ts";
import { QueryLog } from "./query-log.ts";
import { Running } from "./running.ts";
import { serve } from "./serve.ts";
import { Sessions } from "./session.ts";
import type { Server } from "./work.ts";

/** The HTTP interface over an open engine, and the way to end it. */
export interface Http {
  server: HttpServer;
  /** Takes no more requests, lets running statements end for up to `ms`, and lets go of the engine. */
  close(ms: number): Promise<void>;
}

export function createHttp(engine: Engine, directory: string, passwords: ReadonlyMap<string, string>): Http {
  const folder = join(directory, "spool");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let spooled = 0;
  const newSpool = () => join(folder, `body-${++spooled}`);
  const shared: Server = {
    engine,
    passwords,
    files: { pipes: new Pipes(folder), newSpool },
    sessions: new Sessions(engine),
    running: new Running(engine),
    log: new QueryLog(engine, newSpool),
  };
  const options = { maxHeaderSize: 1024 * 1024, keepAliveTimeout: 10_000, requestTimeout: 0 };
  const server = createServer(options, (request, response) => {
    const path = new URL(request.url ?? "/", "http://clickhouse").pathname;
    response.setHeader("X-ClickHouse-Server-Display-Name", "sluice");
    response.setHeader("X-ClickHouse-Timezone", "UTC");
    if (path === "/ping" || path === "/replicas_status") response.end("Ok.\n");
    else if (path === "/") void serve(shared, request, response);
    else {
      response.writeHead(404, { "Content-Type": "text/plain; charset=UTF-8" });
      response.end(`There is no handle ${path}\n\nUse / or /ping for health checks.\n`);
    }
  });
  return {
    server,
    async close(ms) {
      server.close();
      server.closeIdleConnections();
      await shared.running.idle(ms);
      for (const run of shared.running.all()) run.kill();
      await shared.running.idle(1000);
      server.closeAllConnections();
      shared.running.close();
      await shared.log.close();
      shared.sessions.close();
    },
  };
}

import type { IncomingMessage, ServerResponse } from "node:http";
import { receive } from "./body.ts";
import { asServerError, ServerError } from "./errors.ts";
import { execute } from "./execute.ts";
import { Reply } from "./reply.ts";
import { readRequest } from "./request.ts";
import type { Spool } from "./spool.ts";
import type { Server } from "./work.ts";

/** Answers one request to `/`: reads who asks and what, runs it, and turns whatever is thrown into ClickHouse's error answer. */
export async function serve(
  server: Server,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const reply = new Reply(response, server.engine.version);
  let data: Spool | undefined;
  try {
    const ask = readRequest(request, server.passwords);
    response.setHeader("X-ClickHouse-Query-Id", ask.queryId);
    if (ask.settings.get("enable_http_compression") === "1") reply.compress();
    const received = await receive(ask, request, server.files.newSpool);
    data = received.data;
    if (!received.statement) throw new ServerError(62, "SYNTAX_ERROR", "Syntax error: Empty query");
    await execute(server, ask, reply, received.statement, data);
  } catch (error) {
    reply.fail(asServerError(error));
  } finally {
    await data?.drop();
  }
}

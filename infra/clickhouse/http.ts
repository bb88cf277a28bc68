import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";
import { readBody } from "./body.ts";
import type { Engine } from "./engine.ts";
import { asServerError, errorText, httpStatus } from "./errors.ts";
import { type Ask, readRequest } from "./request.ts";
import { readStatement } from "./statement.ts";

/** The HTTP interface over an open engine. */
export function createHttp(
  engine: Engine,
  directory: string,
  passwords: ReadonlyMap<string, string>,
): Server {
  const spool = join(directory, "spool");
  rmSync(spool, { recursive: true, force: true });
  mkdirSync(spool, { recursive: true });

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const path = (request.url ?? "/").split("?")[0];
    if (path === "/ping" || path === "/replicas_status") return void response.end("Ok.\n");
    const ask = readRequest(request, passwords);
    response.setHeader("X-ClickHouse-Query-Id", ask.queryId);
    response.setHeader("X-ClickHouse-Timezone", "UTC");
    const body = await readBody(request);
    const text = [ask.query, body.toString("latin1")].filter((part) => part !== "").join("\n");
    await run(ask, text, response);
  }

  async function run(ask: Ask, text: string, response: ServerResponse) {
    const statement = readStatement(Buffer.from(text, "latin1").toString("latin1"));
    if (!statement) return void response.end("Ok.\n");
    const utf8 = (part: string) => Buffer.from(part, "latin1").toString("utf8");
    if (statement.dataAt === undefined) {
      const result = await engine.run(ask.prelude + utf8(statement.sql), ask.format);
      response.setHeader("X-ClickHouse-Summary", summary(result.rowsRead, result.bytesRead, 0));
      return void response.end(result.bytes());
    }
    const file = join(spool, crypto.randomUUID());
    try {
      writeFileSync(file, Buffer.from(text.slice(statement.dataAt).replace(/^[ \t]*\r?\n?/, ""), "latin1"));
      const { sql, clauseAt, format } = statement;
      const clauses = sql.slice(clauseAt).replace(/VALUES$/i, "");
      const insert = `${sql.slice(0, clauseAt)} FROM INFILE '${file}' COMPRESSION 'none' ${clauses} ${/FORMAT/i.test(clauses) ? "" : `FORMAT ${format}`}`;
      const result = await engine.run(ask.prelude + utf8(insert), ask.format);
      response.setHeader("X-ClickHouse-Summary", summary(0, 0, result.rowsRead));
      response.end();
    } finally {
      rmSync(file, { force: true });
    }
  }

  return createServer({ maxHeaderSize: 2 ** 20 }, (request, response) => {
    answer(request, response).catch((thrown) => {
      const error = asServerError(thrown);
      if (response.headersSent) return response.destroy();
      response.writeHead(httpStatus(error), {
        "Content-Type": "text/plain; charset=UTF-8",
        "X-ClickHouse-Exception-Code": error.code,
      });
      response.end(errorText(error, engine.version));
    });
  });
}

const summary = (read: number, bytes: number, written: number) =>
  JSON.stringify({
    read_rows: String(read),
    read_bytes: String(bytes),
    written_rows: String(written),
    written_bytes: "0",
    total_rows_to_read: "0",
    result_rows: String(written),
    result_bytes: "0",
    elapsed_ns: "0",
  });

import type { IncomingMessage } from "node:http";
import { pipeline, Readable, type Transform } from "node:stream";
import { buffer } from "node:stream/consumers";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import { ServerError, severalStatements } from "./errors.ts";
import type { Ask } from "./request.ts";
import { Spool } from "./spool.ts";
import { utf8 } from "./sql.ts";
import { inlineData, readStatement, type Statement } from "./statement.ts";
import { ValuesScan } from "./values.ts";

const decoders = new Map<string, () => Transform>([
  ["gzip", createGunzip],
  ["deflate", createInflate],
  ["br", createBrotliDecompress],
  ["zstd", createZstdDecompress],
]);

/** The decompressed body. Reading it rejects when the connection is cut or the compressed stream is not whole. */
function decoded(request: IncomingMessage): Readable {
  const encoding = request.headers["content-encoding"] || "identity";
  if (encoding === "identity") return request;
  const decoder = decoders.get(encoding);
  if (!decoder)
    throw new ServerError(48, "NOT_IMPLEMENTED", `Unknown Content-Encoding of the request: ${encoding}`);
  return pipeline(request, decoder(), () => undefined);
}

/** A statement, and the data that came with it when it is an INSERT that takes some. */
export interface Received {
  statement: Statement | undefined;
  data: Spool | undefined;
}

/** How much of a body is looked at to find where an INSERT ends and its data begins. */
const statementLimit = 1024 * 1024;

/** Reads the whole request. The statement may be in the URL, in the body, or begin there and go on here. */
export async function receive(ask: Ask, request: IncomingMessage, newSpool: () => string): Promise<Received> {
  const body = await readParts(ask, decoded(request), request.headers["content-type"] ?? "");
  const inUrl = ask.query.trimEnd();
  let head = inUrl && `${Buffer.from(inUrl).toString("latin1")}\n`;
  let statement = readStatement(head);
  if (statement?.dataAt === undefined) {
    head += await take(body, statementLimit);
    statement = readStatement(head);
  }
  if (statement?.dataAt === undefined) {
    const rest = await take(body, Number.POSITIVE_INFINITY);
    return { statement: rest ? readStatement(head + rest) : statement, data: undefined };
  }
  const data = new Spool(newSpool());
  const scan = statement.format?.toLowerCase() === "values" ? new ValuesScan() : undefined;
  const write = (chunk: Buffer) => {
    scan?.push(chunk);
    return data.write(chunk);
  };
  try {
    await write(Buffer.from(inlineData(head, statement.dataAt, statement.format), "latin1"));
    for (let next = await body.next(); !next.done; next = await body.next()) await write(next.value);
    if (scan?.several) throw severalStatements("the statement behind the data of VALUES");
    await data.finish();
  } catch (error) {
    await data.drop();
    throw error;
  }
  return { statement, data };
}

/** The next bytes as latin1: at least `limit`, or all that come. */
async function take(body: AsyncIterator<Buffer>, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  for (let size = 0; size < limit; size += chunks.at(-1)?.length ?? 0) {
    const next = await body.next();
    if (next.done) break;
    chunks.push(next.value);
  }
  return Buffer.concat(chunks).toString("latin1");
}

/**
 * Takes the parts of a `multipart/form-data` body (the client's way of sending long parameters: `query`, `param_<name>`) into
 * the request; any other body is left to be read.
 */
async function readParts(ask: Ask, body: Readable, contentType: string): Promise<AsyncIterator<Buffer>> {
  const boundary = /^multipart\/form-data;.*boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  if (boundary === undefined) return body[Symbol.asyncIterator]();
  for (const part of (await buffer(body)).toString("latin1").split(`--${boundary}`).slice(1, -1)) {
    const [head = "", ...value] = part.split("\r\n\r\n");
    const name = /name="([^"]+)"/.exec(head)?.[1] ?? "";
    const text = utf8(value.join("\r\n\r\n").replace(/\r\n$/, ""));
    if (name === "query") ask.query += text;
    else if (name.startsWith("param_")) ask.params.set(name.slice("param_".length), text);
    else throw new ServerError(48, "NOT_IMPLEMENTED", `External data ("${name}") in a form is not supported`);
  }
  return Readable.from([])[Symbol.asyncIterator]();
}

import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { constants, createBrotliCompress, createDeflate, createGzip, createZstdCompress } from "node:zlib";
import { errorText, httpStatus, type ServerError } from "./errors.ts";
import { EarlyHead, type Progress } from "./progress.ts";

const encoders = {
  br: () => createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  zstd: () => createZstdCompress(),
  gzip: () => createGzip({ level: 1 }),
  deflate: () => createDeflate({ level: 1 }),
};

/** Figures of a statement, as the X-ClickHouse-Summary header and the query log tell them. */
export interface Figures {
  readRows: number;
  readBytes: number;
  writtenRows: number;
  resultRows: number;
  resultBytes: number;
  memory: number;
  elapsedMs: number;
}

/** One answer: headers, a body that may be compressed and streamed, and errors before and after the headers have gone. */
export class Reply {
  readonly response: ServerResponse;
  #encoding: keyof typeof encoders | undefined;
  readonly #version: string;
  /** Marks an error in the middle of a body; the client knows it from a header. */
  readonly #exceptionTag = randomUUID().replaceAll("-", "").slice(-16);
  #out: NodeJS.WritableStream;
  /** Resolves when the client has gone or the answer is complete. */
  readonly closed: Promise<void>;
  gone = false;
  /** Set when headers have begun to go out before the answer is known. */
  #early: EarlyHead | undefined;
  #finished = false;

  constructor(response: ServerResponse, version: string) {
    this.response = response;
    this.#out = response;
    this.#version = version;
    // A client that goes while something is written to it is noticed by `close`.
    response.on("error", () => {});
    this.closed = new Promise((resolve) => response.once("close", resolve));
    response.once("close", () => {
      this.gone = !response.writableFinished;
    });
  }

  /** Compresses the answer, an error too, with an encoding the client accepts. */
  compress(): void {
    const accepted = String(this.response.req.headers["accept-encoding"] ?? "");
    const names = Object.keys(encoders) as (keyof typeof encoders)[];
    this.#encoding = names.find((name) => new RegExp(`\\b${name}\\b`).test(accepted));
  }

  /** Whether the status can no longer be chosen. */
  get begun(): boolean {
    return this.response.headersSent || this.#finished;
  }

  /** Tells how far the statement has come, in a header of its own; from then on the status is 200. */
  progress(progress: Progress): void {
    if (this.begun || this.gone) return;
    this.#early ??= new EarlyHead(this.response);
    this.#early.progress(progress);
  }

  /** Sends the headers. `length` when the whole body is known. */
  begin(
    status: number,
    headers: Record<string, string>,
    figures: Figures | undefined,
    length?: number,
  ): void {
    const all: Record<string, string | number> = { ...headers };
    if (figures) all["X-ClickHouse-Summary"] = summary(figures);
    if (this.#encoding) all["Content-Encoding"] = this.#encoding;
    else if (length !== undefined && !this.#early) all["Content-Length"] = length;
    if (status === 200) all["X-ClickHouse-Exception-Tag"] = this.#exceptionTag;
    this.#finished = true;
    if (this.#early) this.#out = this.#early.finish(all);
    else this.response.writeHead(status, all);
    if (!this.#encoding) return;
    const encoder = encoders[this.#encoding]();
    encoder.pipe(this.#out);
    void this.closed.then(() => encoder.destroy());
    this.#out = encoder;
  }

  /** Writes and waits while the client is slow. */
  async write(chunk: Uint8Array): Promise<void> {
    if (this.gone || this.#out.write(chunk)) return;
    await Promise.race([once(this.#out, "drain"), this.closed]);
  }

  end(): void {
    this.#out.end();
  }

  /**
   * Tells an error: as a status and text while nothing has been sent, afterwards as the tagged block ClickHouse ends a broken
   * body with (src/Server/HTTP/WriteBufferFromHTTPServerResponse.cpp), without the end of the chunked stream.
   */
  fail(error: ServerError): void {
    const text = errorText(error, this.#version);
    if (!this.begun) {
      const headers = {
        "Content-Type": "text/plain; charset=UTF-8",
        "X-ClickHouse-Exception-Code": String(error.code),
        ...(httpStatus(error) === 401
          ? { "WWW-Authenticate": 'Basic realm="ClickHouse server HTTP API"' }
          : {}),
      };
      this.begin(httpStatus(error), headers, undefined, Buffer.byteLength(text));
      this.#out.end(this.response.req.method === "HEAD" ? "" : text);
      return;
    }
    const tag = this.#exceptionTag;
    const block = `\r\n__exception__\r\n${tag}\r\n${text}${Buffer.byteLength(text)} ${tag}\r\n__exception__\r\n`;
    const cut = () => this.response.socket?.destroySoon();
    if (this.#out === this.response) this.response.write(block, cut);
    else {
      this.#out.end(block);
      this.#out.once("end", cut);
    }
  }
}

const summary = (figures: Figures) =>
  JSON.stringify({
    read_rows: String(figures.readRows),
    read_bytes: String(figures.readBytes),
    written_rows: String(figures.writtenRows),
    written_bytes: String(figures.writtenRows ? figures.resultBytes : 0),
    total_rows_to_read: "0",
    result_rows: String(figures.resultRows),
    result_bytes: String(figures.resultBytes),
    elapsed_ns: String(Math.round(figures.elapsedMs * 1e6)),
    memory_usage: String(figures.memory),
  });

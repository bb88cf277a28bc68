import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Transform } from "node:stream";

/** How far a statement has come, as `system.processes` has it. */
export interface Progress {
  read_rows: string;
  read_bytes: string;
  total_rows_to_read: string;
  elapsed_ns: string;
  memory_usage: string;
}

/**
 * Headers sent piece by piece, with an `X-ClickHouse-Progress` line each time (`send_progress_in_http_headers`): something comes
 * over the wire while a long statement runs. Node sends all headers at once, so these are written to the socket itself, and the
 * connection ends with the answer.
 */
export class EarlyHead {
  readonly #response: ServerResponse;
  readonly #socket: Socket | null;
  started = false;
  constructor(response: ServerResponse) {
    this.#response = response;
    this.#socket = response.socket;
  }

  progress(progress: Progress): void {
    if (!this.started) {
      const lines = Object.entries(this.#response.getHeaders()).map(
        ([name, value]) => `${name}: ${value}\r\n`,
      );
      this.#socket?.write(`HTTP/1.1 200 OK\r\n${lines.join("")}`);
    }
    this.started = true;
    this.#socket?.write(`X-ClickHouse-Progress: ${JSON.stringify(progress)}\r\n`);
  }

  /** Sends the remaining headers; answers where the body goes. */
  finish(headers: Record<string, string | number>): Transform {
    const all = { ...headers, "Transfer-Encoding": "chunked", Connection: "close" };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    this.#socket?.write(`${lines.join("")}\r\n`);
    const chunked = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        done(
          null,
          Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from("\r\n")]),
        );
      },
      flush(done) {
        done(null, "0\r\n\r\n");
      },
    });
    if (this.#socket) chunked.pipe(this.#socket);
    return chunked;
  }
}

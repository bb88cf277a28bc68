import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { EXCEPTION_TAG_HEADER_NAME, extractErrorAtTheEndOfChunk } from "@clickhouse/client";
import { neutraliseLines } from "../terminal/neutralise.ts";
import { asReader } from "./reader.ts";

/** Runs the query and streams its answer to stdout; `format` is what holds when the query names none. */
export async function runSql(query: string, params: Record<string, string>, format: string): Promise<void> {
  await asReader(async (client) => {
    const { stream, response_headers } = await client.exec({
      query,
      query_params: params,
      clickhouse_settings: { default_format: format } as Record<string, string>,
    });
    const tag = response_headers[EXCEPTION_TAG_HEADER_NAME];
    const stages = [
      lateError(typeof tag === "string" ? tag : undefined),
      ...(process.stdout.isTTY ? [readable()] : []),
    ];
    await pipeline([stream, ...stages, process.stdout], { end: false });
  });
}

/** The server announces an error after the first rows in the last bytes of a 200 answer, at most this many. */
const longestError = 32 * 1024;

/** Passes bytes on, holding the last ones back until it is known that they are no error. */
export function lateError(tag: string | undefined): Transform {
  let held = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (tag === undefined) return done(null, chunk);
      held = Buffer.concat([held, chunk]);
      const free = Math.max(held.length - longestError, 0);
      this.push(held.subarray(0, free));
      held = held.subarray(free);
      done();
    },
    flush(done) {
      const start = held.indexOf(`\r\n__exception__\r\n${tag}`);
      this.push(start < 0 ? held : held.subarray(0, start));
      done(start < 0 ? null : extractErrorAtTheEndOfChunk(held, tag ?? ""));
    },
  });
}

/** What a terminal shows is text: cells cannot send it escape sequences. */
export function readable(): Transform {
  const decoder = new TextDecoder();
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) =>
      done(null, neutraliseLines(decoder.decode(chunk, { stream: true }))),
    flush: (done) => done(null, neutraliseLines(decoder.decode())),
  });
}

import type { Readable } from "node:stream";
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
    const answer = untilError(stream, typeof tag === "string" ? tag : undefined);
    await pipeline(process.stdout.isTTY ? readable(answer) : answer, process.stdout, { end: false });
  });
}

/** The server tells an error that comes after the first rows in the last bytes of a 200 answer: at most this many. */
const longestError = 32 * 1024;

/**
 * The answer's bytes, the last ones held back until it is known that they are no error.
 * @throws ClickHouseError after the rows before it; the server breaks the connection then, too.
 */
export async function* untilError(answer: Readable, tag: string | undefined): AsyncGenerator<Buffer> {
  let held = Buffer.alloc(0);
  let broken: unknown;
  try {
    for await (const chunk of answer) {
      held = Buffer.concat([held, chunk]);
      const free = tag === undefined ? held.length : Math.max(held.length - longestError, 0);
      yield held.subarray(0, free);
      held = held.subarray(free);
    }
  } catch (error) {
    broken = error;
    held = Buffer.concat([held, answer.read() ?? Buffer.alloc(0)]); // what had come before the break, unread
  }
  const start = held.indexOf(`\r\n__exception__\r\n${tag}`);
  yield start < 0 ? held : held.subarray(0, start);
  if (start >= 0) throw extractErrorAtTheEndOfChunk(held, tag ?? "");
  if (broken) throw broken;
}

/** What a terminal shows is text: cells cannot send it escape sequences. */
export async function* readable(answer: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const chunk of answer) yield neutraliseLines(decoder.decode(chunk, { stream: true }));
  yield neutraliseLines(decoder.decode());
}

import type { IncomingMessage } from "node:http";
import { pipeline, type Transform } from "node:stream";
import { buffer } from "node:stream/consumers";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import { ServerError } from "./errors.ts";

const decoders = new Map<string, () => Transform>([
  ["gzip", createGunzip],
  ["deflate", createInflate],
  ["br", createBrotliDecompress],
  ["zstd", createZstdDecompress],
]);

/** The whole decompressed body. A connection cut before its end rejects: a part of a body is never used. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const encoding = request.headers["content-encoding"] ?? "";
  if (!encoding || encoding === "identity") return buffer(request);
  const decoder = decoders.get(encoding);
  if (!decoder)
    throw new ServerError(48, "NOT_IMPLEMENTED", `Unknown Content-Encoding of the request: ${encoding}`);
  return buffer(pipeline(request, decoder(), () => undefined));
}

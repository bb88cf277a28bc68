import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { assets } from "virtual:page-assets";
import { matches } from "../lib/fresh.ts";
import { HttpError, httpFunction } from "../lib/http.ts";
import { header } from "../lib/http-event.ts";
import { type Asset, contentSecurityPolicy, layOut } from "./document.ts";

const safety = {
  "content-security-policy": contentSecurityPolicy,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
};

/**
 * `GET /` and `GET /assets/{file}`: the page. It holds no data, so it asks for no key; the reader's browser sends the key to the
 * endpoints. API Gateway compresses nothing, so what goes out is compressed here, once.
 */
export const createHandler = (given: readonly Asset[]) => {
  const files = new Map([...layOut(given)].map(([path, file]) => [path, prepare(file)]));
  return httpFunction(async (event) => {
    const file = files.get(event.rawPath);
    if (!file) throw new HttpError(404, "No such file", "The page is at /.");
    if (matches(header(event, "if-none-match"), file.headers.etag))
      return { statusCode: 304, headers: file.headers };
    if (!/\bgzip\b/.test(header(event, "accept-encoding") ?? ""))
      return { statusCode: 200, headers: file.headers, body: file.text };
    return {
      statusCode: 200,
      headers: { ...file.headers, "content-encoding": "gzip" },
      body: file.gzip,
      isBase64Encoded: true,
    };
  });
};

const prepare = ({ type, cache, text }: { type: string; cache: string; text: string }) => ({
  text,
  gzip: gzipSync(text, { level: 9 }).toString("base64"),
  headers: {
    ...safety,
    "content-type": type,
    "cache-control": cache,
    vary: "accept-encoding",
    etag: `"${createHash("sha256").update(text).digest("base64url").slice(0, 16)}"`,
  },
});

export const handler = createHandler(assets);

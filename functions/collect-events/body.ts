import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { HttpError } from "../lib/http.ts";
import { bodyBytes, bodyText, type HttpEvent, header, mediaType } from "../lib/http-event.ts";

/** Uncompressed. (A Lambda function is handed 6 MB at the most, which may be compressed.) */
export const mostBytes = 10 * 1024 * 1024;

/** What a browser's `sendBeacon` says of text, what clients say of JSON and of lines of it, and what says nothing. */
const types = /^(application\/(json|x-ndjson|ndjson|jsonl|octet-stream)|text\/plain|)$/;

/** The body as text. @throws HttpError 400, 413 or 415. */
export async function readBody(event: HttpEvent): Promise<string> {
  const type = mediaType(event);
  if (!types.test(type))
    throw new HttpError(
      415,
      "This type of body is not read",
      `Send application/json or application/x-ndjson instead of ${type}.`,
      { headers: { accept: "application/json, application/x-ndjson, text/plain" } },
    );
  if (!event.isBase64Encoded && !isCompressed(event)) return checkWhole(event, checkSize(bodyText(event)));
  return decode(await decompress(event, bodyBytes(event)));
}

/** What was no UTF-8 has been replaced before the function is handed it; the length that the client told shows it. */
function checkWhole(event: HttpEvent, text: string): string {
  const length = header(event, "content-length");
  if (length === undefined || !text.includes("\ufffd") || Number(length) === Buffer.byteLength(text))
    return text;
  throw notUtf8();
}

const encodingOf = (event: HttpEvent) =>
  (header(event, "content-encoding") ?? "identity").trim().toLowerCase();
const isCompressed = (event: HttpEvent) => encodingOf(event) !== "identity";

const unzip = promisify(gunzip) as (bytes: Buffer, options: object) => Promise<Buffer>;

async function decompress(event: HttpEvent, bytes: Buffer): Promise<Buffer> {
  const encoding = encodingOf(event);
  if (encoding === "identity") return checkSize(bytes);
  if (encoding !== "gzip")
    throw new HttpError(415, "This encoding is not read", `Send gzip or nothing instead of ${encoding}.`, {
      headers: { "accept-encoding": "gzip" },
    });
  try {
    return await unzip(bytes, { maxOutputLength: mostBytes });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge();
    throw new HttpError(400, "The body is no gzip", explain(bytes), { cause });
  }
}

/** serverless-offline reads the bytes of a JSON body as text, and what is no UTF-8 is lost: 1F 8B comes as 1F EF BF BD. */
const explain = (bytes: Buffer): string =>
  bytes[0] === 0x1f && bytes[1] === 0xef
    ? "It was damaged on the way: under `sls offline` send it as Content-Type: application/octet-stream."
    : "Content-Encoding says gzip, and its bytes say otherwise.";

const utf8 = new TextDecoder("utf-8", { fatal: true });

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw notUtf8({ cause });
  }
}

const notUtf8 = (options?: ErrorOptions) =>
  new HttpError(400, "The body is no text", "Its bytes are not UTF-8.", options);

function checkSize<Body extends string | Buffer>(body: Body): Body {
  if (Buffer.byteLength(body) > mostBytes) throw tooLarge();
  return body;
}

const tooLarge = () =>
  new HttpError(
    413,
    "The body is too large",
    `Send at most ${mostBytes} bytes uncompressed, in several requests.`,
  );

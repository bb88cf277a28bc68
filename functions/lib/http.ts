import { createHash, timingSafeEqual } from "node:crypto";
import middy from "@middy/core";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { log } from "./log.ts";

export type HttpEvent = APIGatewayProxyEventV2;
export type HttpResult = APIGatewayProxyStructuredResultV2;

/** An answer other than success whose words a client may see. */
export class HttpError extends Error {
  override name = "HttpError";
  readonly status: number;
  readonly title: string;
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    title: string,
    detail: string,
    options: ErrorOptions & { headers?: Record<string, string> } = {},
  ) {
    super(detail, options);
    this.status = status;
    this.title = title;
    this.headers = options.headers ?? {};
  }
}

export const json = (status: number, body: unknown): HttpResult => ({
  statusCode: status,
  headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" },
  body: JSON.stringify(body),
});

/** An HTTP function: what it throws becomes problem+json (RFC 9457), and only an HttpError's words leave the house. */
export const httpFunction = (handle: (event: HttpEvent) => Promise<HttpResult>) =>
  middy<HttpEvent, HttpResult>()
    .use({
      onError: (request) => {
        request.response = problem(request.error);
      },
    })
    .handler(handle);

function problem(error: Error | null): HttpResult {
  const known =
    error instanceof HttpError ? error : new HttpError(500, "Internal error", "See the function's log.");
  if (known.status >= 500)
    log("error", error?.message ?? "unknown", { stack: error?.stack, cause: String(error?.cause) });
  return {
    statusCode: known.status,
    headers: { "content-type": "application/problem+json; charset=utf-8", ...known.headers },
    body: JSON.stringify({
      type: "about:blank",
      title: known.title,
      status: known.status,
      detail: known.message,
    }),
  };
}

/** @throws HttpError 401 unless the request carries `Authorization: Bearer <key>`; takes equally long for every wrong key. */
export function requireKey(event: HttpEvent, key: string): void {
  const given =
    /^Bearer (.+)$/i.exec(event.headers.authorization ?? event.headers.Authorization ?? "")?.[1] ?? "";
  if (timingSafeEqual(digest(given), digest(key))) return;
  throw new HttpError(401, "A read key is required", "Send `Authorization: Bearer <SLUICE_READ_KEY>`.", {
    headers: { "www-authenticate": "Bearer" },
  });
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

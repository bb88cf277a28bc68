import middy from "@middy/core";
import { corsHeaders, preflight } from "./cors.ts";
import type { HttpEvent, HttpResult } from "./http-event.ts";
import { log } from "./log.ts";
import { requestId } from "./request-id.ts";

export type { HttpEvent, HttpResult } from "./http-event.ts";

/** An answer other than success whose words a client may see. */
export class HttpError extends Error {
  override name = "HttpError";
  readonly status: number;
  readonly title: string;
  readonly headers: Record<string, string>;
  /** Further members of the problem document. */
  readonly members: Record<string, unknown>;

  constructor(
    status: number,
    title: string,
    detail: string,
    options: ErrorOptions & { headers?: Record<string, string>; members?: Record<string, unknown> } = {},
  ) {
    super(detail, options);
    this.status = status;
    this.title = title;
    this.headers = options.headers ?? {};
    this.members = options.members ?? {};
  }
}

export const json = (status: number, body: unknown): HttpResult => ({
  statusCode: status,
  headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" },
  body: JSON.stringify(body),
});

/**
 * An HTTP function. What it throws becomes problem+json (RFC 9457), and only an HttpError's words leave the house. Every answer
 * names its request (`X-Request-Id`: the client's own, else the gateway's). Pages of `origins` may read the answers.
 */
export const httpFunction = (
  handle: (event: HttpEvent) => Promise<HttpResult>,
  { origins = [] }: { origins?: readonly string[] } = {},
) => {
  const dress = (event: HttpEvent, result: HttpResult): HttpResult => ({
    ...result,
    headers: { ...corsHeaders(event, origins), ...result.headers, "x-request-id": requestId(event) },
  });
  return middy<HttpEvent, HttpResult>()
    .use({
      before: ({ event }) =>
        event.requestContext?.http?.method === "OPTIONS"
          ? dress(event, preflight(event, origins))
          : undefined,
      after: (request) => {
        request.response = dress(request.event, request.response ?? { statusCode: 204 });
      },
      onError: (request) => {
        request.response = dress(request.event, problem(request.error, requestId(request.event)));
      },
    })
    .handler(handle);
};

function problem(error: Error | null, id: string): HttpResult {
  const known =
    error instanceof HttpError ? error : new HttpError(500, "Internal error", "See the function's log.");
  if (known.status >= 500)
    log("error", error?.message ?? "unknown", {
      request: id,
      stack: error?.stack,
      cause: String(error?.cause),
    });
  return {
    statusCode: known.status,
    headers: {
      "content-type": "application/problem+json; charset=utf-8",
      "cache-control": "no-store",
      ...known.headers,
    },
    body: JSON.stringify({
      type: "about:blank",
      title: known.title,
      status: known.status,
      detail: known.message,
      ...known.members,
      request_id: id,
    }),
  };
}

import { type HttpEvent, type HttpResult, header } from "./http-event.ts";

/** `https://a.example, https://b.example` → the origins; a slash at the end is forgiven. `*` allows every origin. */
export const parseOrigins = (list: string): string[] =>
  list
    .split(",")
    .map((origin) => origin.trim().replace(/\/$/, ""))
    .filter(Boolean);

const exposed =
  "ETag, RateLimit, RateLimit-Policy, Retry-After, Server-Timing, X-Next-Cursor, X-Request-Id, X-Rows-Read";

/** What lets a page of an allowed origin read an answer; keys travel in a header, so no cookies are ever involved. */
export function corsHeaders(event: HttpEvent, origins: readonly string[]): Record<string, string> {
  if (origins.length === 0) return {};
  const origin = header(event, "origin");
  const vary = { vary: "Origin" };
  if (origin === undefined || !(origins.includes(origin) || origins.includes("*"))) return vary;
  return { ...vary, "access-control-allow-origin": origin, "access-control-expose-headers": exposed };
}

/** The browser's question before the question: 204, with permission for allowed origins and without for others. */
export function preflight(event: HttpEvent, origins: readonly string[]): HttpResult {
  const allowed = corsHeaders(event, origins);
  if (!allowed["access-control-allow-origin"]) return { statusCode: 204, headers: allowed };
  return {
    statusCode: 204,
    headers: {
      ...allowed,
      "access-control-allow-methods": "GET, POST",
      "access-control-allow-headers":
        "Authorization, Content-Type, Content-Encoding, Idempotency-Key, If-None-Match, X-Request-Id",
      "access-control-max-age": "600",
    },
  };
}

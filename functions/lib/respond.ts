import { encode, type Format, mediaTypes } from "./formats.ts";
import { matches, type Tagged } from "./fresh.ts";
import { type HttpEvent, type HttpResult, header } from "./http-event.ts";

/** An answer over HTTP: its rows in a format, or 304 when the client has them. The tag is weak, for statistics differ each time. */
export function respond(event: HttpEvent, name: string, format: Format, { answer, tag }: Tagged): HttpResult {
  const etag = `W/"${tag}-${format}"`;
  const { statistics, next } = answer;
  const common = { etag, "cache-control": "private, no-cache", vary: "Accept, Authorization, Origin" };
  if (matches(header(event, "if-none-match"), etag)) return { statusCode: 304, headers: common };
  return {
    statusCode: 200,
    headers: {
      ...common,
      "content-type": mediaTypes[format],
      "server-timing": `clickhouse;dur=${statistics.elapsed_ms}`,
      "x-rows-read": String(statistics.rows_read),
      ...(next !== null && { "x-next-cursor": next }),
      ...(format !== "json" && { "content-disposition": `attachment; filename="${name}.${format}"` }),
    },
    body: encode(answer, format),
  };
}

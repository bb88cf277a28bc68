import { ClickHouseError } from "@clickhouse/client";
import { shorten } from "./clickhouse.ts";
import { HttpError } from "./http.ts";

/** ClickHouse's codes by what they mean to who asked. Source: src/Common/ErrorCodes.cpp. */
const limits: Record<number, [status: number, title: string]> = {
  159: [408, "The query takes too long"], // TIMEOUT_EXCEEDED
  160: [408, "The query takes too long"], // TOO_SLOW
  394: [408, "The query was stopped"], // QUERY_WAS_CANCELLED
  158: [413, "The query reads too many rows"], // TOO_MANY_ROWS
  307: [413, "The query reads too many bytes"], // TOO_MANY_BYTES
  396: [413, "The result is too large"], // TOO_MANY_ROWS_OR_BYTES
  191: [413, "The query needs too much memory"], // SET_SIZE_LIMIT_EXCEEDED
  241: [413, "The query needs too much memory"], // MEMORY_LIMIT_EXCEEDED
  201: [429, "Too many queries"], // QUOTA_EXCEEDED
  202: [429, "Too many queries at once"], // TOO_MANY_SIMULTANEOUS_QUERIES
};

/** Refused by grants, by readonly, or by a constraint on settings. */
const forbidden = new Set([164, 392, 452, 497, 512]);

/** The server's or our own trouble, whatever was asked: credentials, network, disk, shutdown. */
const ours = new Set([192, 193, 194, 516, 76, 209, 210, 236, 243, 279, 319, 425, 439, 999, 1002]);

/** A limit that a query met, in words a client may see; nothing for any other error. */
export function limitProblem(error: ClickHouseError): HttpError | undefined {
  const [status, title] = limits[Number(error.code)] ?? [];
  if (status === undefined || title === undefined) return undefined;
  // The server as a whole being short of memory says nothing about this query.
  if (error.message.includes("total memory") || error.message.includes("(total)"))
    return new HttpError(503, "ClickHouse is short of memory", "Try again in a moment.", {
      cause: error,
      headers: { "retry-after": "5" },
    });
  return new HttpError(status, title, brief(error.message), {
    cause: error,
    members: detailsOf(error),
    headers: status === 429 ? { "retry-after": "1" } : {},
  });
}

/**
 * What went wrong with a client's own SQL: 400 with ClickHouse's code and the place of a syntax error, 403 for what `reader` may not,
 * 408, 413 or 429 for a limit; 503 for anything that is not the query's fault.
 */
export function sqlProblem(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (!(error instanceof ClickHouseError) || ours.has(Number(error.code)))
    return new HttpError(503, "ClickHouse does not answer", "Try again in a moment.", { cause: error });
  const met = limitProblem(error);
  if (met) return met;
  const [status, title] = forbidden.has(Number(error.code))
    ? [403, "Only reading is allowed"]
    : [400, "ClickHouse refuses the query"];
  return new HttpError(status, title, brief(error.message), { cause: error, members: detailsOf(error) });
}

/** `position` counts characters from 1, as ClickHouse does; line and column where it tells them. */
function detailsOf({ code, type, message }: ClickHouseError): Record<string, unknown> {
  const place = /failed at position (\d+)(?:[^\n]*?\(line (\d+), col (\d+)\))?/.exec(message);
  const [, position, line, column] = place ?? [];
  return {
    clickhouse: { code: Number(code), type },
    ...(position !== undefined && { position: Number(position) }),
    ...(line !== undefined && { line: Number(line), column: Number(column) }),
  };
}

const brief = (message: string): string => shorten(message).slice(0, 2_000);

/** The function must answer before its own time is over; the server stops a query whose client has gone. */
export const openDeadline = (): AbortSignal => AbortSignal.timeout(12_000);

export const tooLate = (cause: unknown): HttpError =>
  new HttpError(408, "The query takes too long", "It was stopped after 12 seconds.", { cause });

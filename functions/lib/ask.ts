import { readFile } from "node:fs/promises";
import { type ClickHouseClient, ClickHouseError } from "@clickhouse/client";
import type { z } from "zod";
import { limitProblem, openDeadline, tooLate } from "./clickhouse-problem.ts";
import { HttpError } from "./http.ts";
import { encodeCursor, type Query } from "./query.ts";

export interface Answer {
  meta: { name: string; type: string }[];
  data: Record<string, unknown>[];
  rows: number;
  /** The `cursor` of the next page; null on the last. */
  next: string | null;
  statistics: { elapsed_ms: number; rows_read: number; bytes_read: number };
}

/** How long and how wide one question may be; a server's own profile may be stricter. */
const limits = {
  max_execution_time: 10,
  max_result_rows: "10001",
  output_format_json_quote_64bit_integers: 0,
} as const;

/** @throws HttpError 400 naming each parameter that is wrong; 503 when ClickHouse does not answer, or has not the table yet. */
export async function ask(
  client: ClickHouseClient,
  query: Query,
  given: Record<string, string>,
  comment = "",
): Promise<Answer> {
  const params = parse(query, given);
  if (query.file) return askFile(query, query.file);
  const size = query.pageBy ? Number(params.limit) : Number.POSITIVE_INFINITY;
  const sql = typeof query.sql === "function" ? query.sql(params) : (query.sql ?? "");
  const query_params = query.pageBy ? { ...params, limit: size + 1 } : params;
  const deadline = openDeadline();
  const result = await client
    .query({
      query: sql,
      abort_signal: deadline,
      query_params,
      format: "JSON",
      clickhouse_settings: { ...limits, log_comment: comment },
    })
    .then((answer) => answer.json())
    .catch((error: unknown) => unavailable(error, query, deadline.aborted));
  const data = result.data.slice(0, size) as Answer["data"];
  const last = result.data.length > size ? data.at(-1) : undefined;
  return {
    meta: result.meta ?? [],
    data,
    rows: data.length,
    next: last && query.pageBy ? encodeCursor(query.pageBy.map((column) => last[column])) : null,
    statistics: statisticsOf(result.statistics),
  };
}

/** The answer of a query that is about a file. */
async function askFile(query: Query, { variable, rows }: NonNullable<Query["file"]>): Promise<Answer> {
  const content = await readFile(process.env[variable] ?? "", "utf8").catch((cause: unknown) => {
    throw notSetUp(query, cause);
  });
  const data = rows(content);
  const meta = Object.keys(query.row.shape).map((name) => ({ name, type: "Dynamic" }));
  return { meta, data, rows: data.length, next: null, statistics: statisticsOf() };
}

/** As ClickHouse's format JSON tells it; nothing of a statement that has no result. */
export const statisticsOf = ({
  elapsed = 0,
  rows_read = 0,
  bytes_read = 0,
}: {
  elapsed?: number;
  rows_read?: number;
  bytes_read?: number;
} = {}): Answer["statistics"] => ({
  elapsed_ms: Math.round(elapsed * 1e6) / 1e3,
  rows_read,
  bytes_read,
});

function parse(query: Query, given: Record<string, string>): Record<string, unknown> {
  const parsed = query.params.strict().safeParse(given);
  if (parsed.success) return parsed.data;
  const allowed = Object.keys(query.params.shape).join(", ") || "none";
  throw new HttpError(400, "Wrong parameters", `${describe(parsed.error)}. ${query.name} takes: ${allowed}.`);
}

const describe = (error: z.core.$ZodError): string =>
  error.issues.map(({ path, message }) => [...path, message].join(": ")).join("; ");

/** Of ClickHouse: UNKNOWN_TABLE, UNKNOWN_DATABASE. */
const notThere = ["60", "81"];

const notSetUp = ({ name, absent = "" }: Query, cause: unknown) =>
  new HttpError(503, `What ${name} reads is not there`, absent, { cause, members: { reason: "not_set_up" } });

function unavailable(cause: unknown, query: Query, late: boolean): never {
  if (late) throw tooLate(cause);
  if (cause instanceof ClickHouseError && query.absent && notThere.includes(cause.code))
    throw notSetUp(query, cause);
  if (cause instanceof ClickHouseError) throw limitProblem(cause) ?? cause;
  throw new HttpError(503, "ClickHouse does not answer", "Try again in a moment.", { cause });
}

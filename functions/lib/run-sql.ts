import type { ClickHouseClient, ClickHouseSettings } from "@clickhouse/client";
import { openDeadline, sqlProblem, tooLate } from "./clickhouse-problem.ts";
import type { Format } from "./formats.ts";
import { HttpError } from "./http.ts";

/** A statement of a client's own. */
export interface Sql {
  query: string;
  /** Bound to `{name: Type}` in the query. */
  params: Record<string, unknown>;
  /** Unless the query's own FORMAT says otherwise. */
  format: Format;
  /** Where the query log says who asked. */
  comment: string;
}

export interface SqlResult {
  contentType: string;
  /** ClickHouse's name of the format. */
  format: string;
  body: Buffer;
}

/** What ours asks for; the server's profile for `reader` has limits that no query can lift. */
const limits: ClickHouseSettings = {
  max_execution_time: 10,
  max_result_rows: "1000000",
  max_result_bytes: "100000000",
};

/** A Lambda answers 6 MB at the most, and what is no text travels as base64. */
const mostBytes = 4_400_000;

export const engineFormat: Record<Format, string> = {
  json: "JSON",
  csv: "CSVWithNames",
  ndjson: "JSONEachRow",
};

/**
 * Runs any SQL as the client's user. It ends with the function's time: whoever asked has gone by then, and the server stops it.
 * @throws HttpError 400, 403, 408, 413, 429 as the query deserves; 503 when ClickHouse does not answer.
 */
export async function runSql(client: ClickHouseClient, sql: Sql): Promise<SqlResult> {
  const deadline = openDeadline();
  try {
    const { stream, response_headers } = await client.exec({
      query: sql.query,
      query_params: sql.params,
      abort_signal: deadline,
      clickhouse_settings: {
        ...limits,
        ...textSettings,
        // Otherwise an error in the middle of a result comes after the status 200.
        wait_end_of_query: 1,
        log_comment: sql.comment,
        ...({ default_format: engineFormat[sql.format] } as ClickHouseSettings),
      },
    });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of stream) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > mostBytes) throw tooLarge();
    }
    return {
      contentType: String(response_headers["content-type"] ?? "text/plain; charset=utf-8"),
      format: String(response_headers["x-clickhouse-format"] ?? engineFormat[sql.format]),
      body: Buffer.concat(chunks),
    };
  } catch (error) {
    if (deadline.aborted) throw tooLate(error);
    throw sqlProblem(error);
  }
}

/** The text formats as the endpoints have them. */
const textSettings: ClickHouseSettings = {
  output_format_json_quote_64bit_integers: 0,
  format_csv_null_representation: "",
  output_format_csv_crlf_end_of_line: 1,
};

const tooLarge = () =>
  new HttpError(
    413,
    "The result is too large",
    `It has more than ${mostBytes.toLocaleString("en")} bytes: add a LIMIT, or ask ClickHouse itself (\`sluice sql\`).`,
  );

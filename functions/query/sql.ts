import * as z from "zod";
import { type Answer, statisticsOf } from "../lib/ask.ts";
import { chooseFormat, mediaTypes } from "../lib/formats.ts";
import { HttpError } from "../lib/http.ts";
import { bodyBytes, bodyText, type HttpEvent, type HttpResult, mediaType } from "../lib/http-event.ts";
import type { KeyGrant } from "../lib/keys/key.ts";
import { parseLossless } from "../lib/lossless-json.ts";
import { engineFormat, type Sql, type SqlResult } from "../lib/run-sql.ts";

export type RunSql = (sql: Sql) => Promise<SqlResult>;

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** The body of `POST /v1/query`. */
export const sqlRequest = z.strictObject({
  query: z.string().min(1).describe("one statement; {name: Type} where a parameter goes"),
  params: z
    .record(z.string().regex(/^[A-Za-z_]\w*$/), z.union([scalar, z.array(scalar)]))
    .default({})
    .describe("values of the parameters"),
});

/** `POST /v1/query`: any SQL as the user `reader`. The body is JSON, or the SQL itself as text/plain. */
export const createSql =
  (run: RunSql) =>
  async (event: HttpEvent, key: KeyGrant, comment: string): Promise<HttpResult> => {
    if (Object.keys(key.fixed).length > 0)
      throw new HttpError(
        403,
        "This key may not do that",
        "A key with fixed parameters asks named endpoints alone.",
      );
    const format = chooseFormat(event);
    const result = await run({ ...readBody(event), format, comment });
    const headers = { "cache-control": "no-store", vary: "Accept, Authorization, Origin" };
    if (result.format !== engineFormat[format]) return asItIs(result, headers);
    const type = { ...headers, "content-type": mediaTypes[format] };
    if (format !== "json") return { statusCode: 200, headers: type, body: result.body.toString() };
    const body = JSON.stringify(asAnswer(result.body.toString()));
    return { statusCode: 200, headers: type, body };
  };

function readBody(event: HttpEvent): z.output<typeof sqlRequest> {
  const type = mediaType(event, "application/json");
  const text = event.isBase64Encoded ? bodyBytes(event).toString() : bodyText(event);
  if (type === "text/plain" || type === "application/sql") return check({ query: text });
  if (type !== "application/json")
    throw new HttpError(415, "Unsupported media type", "Send application/json or text/plain.");
  try {
    return check(JSON.parse(text));
  } catch (cause) {
    if (cause instanceof HttpError) throw cause;
    throw new HttpError(400, "Malformed JSON", 'The body must be JSON such as {"query": "SELECT 1"}.', {
      cause,
    });
  }
}

function check(body: unknown): z.output<typeof sqlRequest> {
  const parsed = sqlRequest.safeParse(body);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => [...path, message].join(": "));
  throw new HttpError(400, "Wrong request", `${problems.join("; ")}.`);
}

/** In the format that the query itself asks for. */
function asItIs({ body, contentType }: SqlResult, headers: Record<string, string>): HttpResult {
  const isText = /^text\/|json|xml|javascript/.test(contentType);
  return {
    statusCode: 200,
    headers: { ...headers, "content-type": contentType },
    body: body.toString(isText ? "utf8" : "base64"),
    isBase64Encoded: !isText,
  };
}

/** A statement without a result, such as SET, answers nothing at all. */
const nothing = { meta: [], data: [], rows: 0, statistics: {} };

/** ClickHouse's JSON as the endpoints answer. */
function asAnswer(text: string): Answer {
  const { statistics, meta, data, rows, ...rest } = (text === "" ? nothing : parseLossless(text)) as Omit<
    Answer,
    "statistics"
  > & { statistics: Parameters<typeof statisticsOf>[0] };
  return {
    meta,
    data,
    rows,
    ...rest,
    next: null,
    statistics: statisticsOf(statistics),
  };
}

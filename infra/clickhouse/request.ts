import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { ServerError } from "./errors.ts";

/** What a request asks for beside its body. */
export interface Ask {
  user: string;
  query: string;
  database: string;
  format: string;
  queryId: string;
  /** SQL that puts database, settings and parameters in place before the statement. */
  prelude: string;
}

/** URL parameters of the HTTP interface that are not settings. */
const reserved = new Set(
  "user password quota_key query_id query database default_format role session_id session_timeout session_check close_session compress decompress buffer_size wait_end_of_query stacktrace".split(
    " ",
  ),
);

const literal = (value: string) => `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
const identifier = (name: string) => `\`${name.replaceAll("\\", "\\\\").replaceAll("`", "\\`")}\``;

function prelude(url: URL, database: string): string {
  const parts = database ? [`USE ${identifier(database)}`] : [];
  for (const [name, value] of url.searchParams)
    if (!reserved.has(name)) parts.push(`SET ${identifier(name)} = ${literal(value)}`);
  return parts.map((part) => `${part}; `).join("");
}

export function readRequest(request: IncomingMessage, passwords: ReadonlyMap<string, string>): Ask {
  const url = new URL(request.url ?? "/", "http://clickhouse");
  const header = (name: string) => String(request.headers[name] ?? "");
  const database = url.searchParams.get("database") ?? header("x-clickhouse-database");
  return {
    user: authenticate(request, url, passwords),
    query: url.searchParams.get("query") ?? "",
    database,
    format: url.searchParams.get("default_format") ?? (header("x-clickhouse-format") || "TabSeparated"),
    queryId: url.searchParams.get("query_id") || crypto.randomUUID(),
    prelude: prelude(url, database),
  };
}

/** Name of the user whose password was given; throws 516 in ClickHouse's words otherwise. */
function authenticate(request: IncomingMessage, url: URL, passwords: ReadonlyMap<string, string>): string {
  const basic = /^Basic (.+)$/i.exec(request.headers.authorization ?? "")?.[1];
  const [basicUser, ...rest] = basic ? Buffer.from(basic, "base64").toString().split(":") : [];
  const header = (name: string) => request.headers[name]?.toString();
  const user = header("x-clickhouse-user") ?? basicUser ?? url.searchParams.get("user") ?? "default";
  const given =
    header("x-clickhouse-key") ?? (basic ? rest.join(":") : (url.searchParams.get("password") ?? ""));
  const expected = passwords.get(user);
  if (expected !== undefined && equal(given, expected)) return user;
  throw new ServerError(
    516,
    "AUTHENTICATION_FAILED",
    `${user}: Authentication failed: password is incorrect, or there is no user with such name.`,
  );
}

function equal(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}

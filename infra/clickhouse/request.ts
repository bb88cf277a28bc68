import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { ServerError } from "./errors.ts";
import { type User, users } from "./users.ts";

/** What a request asks for beside its body. */
export interface Ask {
  user: User;
  queryId: string;
  /** The part of the statement in the URL. */
  query: string;
  database: string | undefined;
  defaultFormat: string;
  settings: Map<string, string>;
  /** Values of `{name:Type}` as sent: escaped like TabSeparated. */
  params: Map<string, string>;
  roles: readonly string[];
  session: { id: string; timeout: number; mustExist: boolean } | undefined;
  /** The answer waits until the statement has ended, so that its status is certain. */
  whole: boolean;
  agent: string;
  /** The method is GET or HEAD, which only read. */
  byGet: boolean;
}

/** URL parameters of the HTTP interface that are not settings. */
const reserved = new Set(
  `user password quota_key query_id query database default_format role session_id session_timeout session_check close_session
   compress decompress buffer_size wait_end_of_query stacktrace client_protocol_version`.split(/\s+/),
);
const isOn = (value: string | null) => value === "1" || value === "true";

export function readRequest(request: IncomingMessage, passwords: ReadonlyMap<string, string>): Ask {
  const url = new URL(request.url ?? "/", "http://clickhouse").searchParams;
  const header = (name: string) => request.headers[name]?.toString();
  for (const name of ["compress", "decompress"])
    if (isOn(url.get(name)))
      throw new ServerError(
        48,
        "NOT_IMPLEMENTED",
        `${name}=1 (Native blocks) is not supported; use HTTP compression.`,
      );
  const rest = [...url].filter(([name]) => !reserved.has(name));
  const isParam = ([name]: [string, string]) => name.startsWith("param_");
  const settings = new Map(rest.filter((pair) => !isParam(pair)));
  const byGet = request.method === "GET" || request.method === "HEAD";
  if (byGet && !settings.has("readonly")) settings.set("readonly", "2");
  return {
    user: authenticate(request, url, passwords),
    queryId: url.get("query_id") || crypto.randomUUID(),
    query: url.getAll("query").join(""),
    database: url.get("database") || header("x-clickhouse-database"),
    defaultFormat: formatName(url.get("default_format") ?? header("x-clickhouse-format") ?? "TabSeparated"),
    settings,
    params: new Map(rest.filter(isParam).map(([name, value]) => [name.slice("param_".length), value])),
    roles: url.getAll("role"),
    agent: header("user-agent") ?? "",
    byGet,
    session: readSession(url),
    whole: isOn(url.get("wait_end_of_query")) || isOn(settings.get("http_wait_end_of_query") ?? null),
  };
}

function formatName(name: string): string {
  if (/^\w+$/.test(name)) return name;
  throw new ServerError(73, "UNKNOWN_FORMAT", `Unknown format ${name}`);
}

function readSession(url: URLSearchParams): Ask["session"] {
  const id = url.get("session_id");
  if (!id) return undefined;
  const timeout = url.get("session_timeout") ?? "60";
  if (!/^\d+$/.test(timeout) || Number(timeout) > 3600)
    throw new ServerError(
      374,
      "INVALID_SESSION_TIMEOUT",
      `Invalid session timeout: '${timeout}', at most 3600 seconds`,
    );
  return { id, timeout: Number(timeout) * 1000, mustExist: isOn(url.get("session_check")) };
}

/** The user whose password was given; throws 516 in ClickHouse's words otherwise. */
function authenticate(
  request: IncomingMessage,
  url: URLSearchParams,
  passwords: ReadonlyMap<string, string>,
): User {
  const header = (name: string) => request.headers[name]?.toString();
  const basic = /^Basic\s+(.+)$/i.exec(request.headers.authorization ?? "")?.[1];
  const [basicUser, ...basicPassword] = basic ? Buffer.from(basic, "base64").toString().split(":") : [];
  const inHeaders = header("x-clickhouse-user") !== undefined || header("x-clickhouse-key") !== undefined;
  const inUrl = url.has("user") || url.has("password");
  if ([inHeaders, basic !== undefined, inUrl].filter(Boolean).length > 1)
    throw failed(
      "Invalid authentication: it is not allowed to use more than one of HTTP headers, basic authentication and URL parameters",
    );
  const [name, given] = inHeaders
    ? [header("x-clickhouse-user"), header("x-clickhouse-key")]
    : basic
      ? [basicUser, basicPassword.join(":")]
      : [url.get("user"), url.get("password")];
  const user = users.find((one) => one.name === (name || "default"));
  if (user && equal(given ?? "", passwords.get(user.name) ?? "")) return user;
  throw failed(
    `${name || "default"}: Authentication failed: password is incorrect, or there is no user with such name.`,
  );
}

const failed = (message: string) => new ServerError(516, "AUTHENTICATION_FAILED", message);

function equal(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}

/** A failure as ClickHouse tells it: numeric code, symbolic name, sentence. */
export class ServerError extends Error {
  override name = "ServerError";
  readonly code: number;
  readonly type: string;
  constructor(code: number, type: string, message: string) {
    super(message);
    this.code = code;
    this.type = type;
  }
}

const shape = /Code: (\d+)\. DB::(?:\w*)Exception: ([\s\S]*?)(?: \(([A-Z][A-Z0-9_]+)\))?\s*$/;
/** The engine repeats itself around errors of a connection: `Code: 164. DB::Exception: … (READONLY) (version 26.7.2.1). (READONLY)`. */
const wrapped = /^Code: \d+\. DB::\w*Exception: ([\s\S]*?) \([A-Z][A-Z0-9_]+\)(?: \(version [^)]*\))?\.?$/;

/** Turns whatever was thrown (engine, file system, ours) into a `ServerError`. */
export function asServerError(error: unknown): ServerError {
  if (error instanceof ServerError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const found = shape.exec(text);
  if (found) {
    let message = found[2] ?? text;
    for (let inner = wrapped.exec(message); inner?.[1]; inner = wrapped.exec(message)) message = inner[1];
    return new ServerError(Number(found[1]), found[3] ?? "UNKNOWN_EXCEPTION", message);
  }
  if ((error as NodeJS.ErrnoException)?.code === "ENOSPC")
    return new ServerError(243, "NOT_ENOUGH_SPACE", `Not enough space for the request's data: ${text}`);
  return new ServerError(1002, "UNKNOWN_EXCEPTION", text);
}

export const accessDenied = (user: string, grant: string) =>
  new ServerError(
    497,
    "ACCESS_DENIED",
    `${user}: Not enough privileges. To execute this query, it's necessary to have the grant ${grant}.`,
  );

export const severalStatements = (where: string) =>
  new ServerError(62, "SYNTAX_ERROR", `Syntax error (Multi-statements are not allowed): failed at ${where}.`);

/** The body of an error answer, in ClickHouse's words. */
export const errorText = (error: ServerError, version: string) =>
  `Code: ${error.code}. DB::Exception: ${error.message} (${error.type}) (version ${version} (official build))\n`;

/** Source: src/Server/HTTP/exceptionCodeToHTTPStatus.cpp. Only 516 differs: a wrong password is 401 and asks for another. */
const statuses: Record<number, readonly number[]> = {
  400: [6, 8, 15, 25, 26, 27, 36, 38, 41, 44, 53, 62, 69, 72, 117, 168, 190, 195, 321, 427, 441, 675, 676],
  401: [194, 516],
  403: [192, 193, 497, 512],
  404: [46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 336, 511],
  408: [159],
  411: [381],
  413: [223],
  415: [715],
  501: [48],
  503: [76, 209, 439],
};
const statusOf = new Map(
  Object.entries(statuses).flatMap(([status, codes]) => codes.map((code) => [code, Number(status)])),
);

export const httpStatus = (error: ServerError): number => statusOf.get(error.code) ?? 500;

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

const shape = /Code: (\d+)\. DB::Exception: ([\s\S]*?)(?: \(([A-Z][A-Z0-9_]+)\))?\s*$/;

/** Turns whatever was thrown (engine, file system, ours) into a `ServerError`. */
export function asServerError(error: unknown): ServerError {
  if (error instanceof ServerError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const found = shape.exec(text);
  if (found) return new ServerError(Number(found[1]), found[3] ?? "UNKNOWN_EXCEPTION", found[2] ?? text);
  if ((error as NodeJS.ErrnoException)?.code === "ENOSPC")
    return new ServerError(243, "NOT_ENOUGH_SPACE", `No space left in the data directory: ${text}`);
  return new ServerError(1002, "UNKNOWN_EXCEPTION", text);
}

/** The body of an error answer, in ClickHouse's words. */
export const errorText = (error: ServerError, version: string) =>
  `Code: ${error.code}. DB::Exception: ${error.message} (${error.type}) (version ${version} (official build))\n`;

/** Source: src/Server/HTTP/exceptionCodeToHTTPStatus.cpp; a wrong password is 401 here. */
const statuses: Record<number, readonly number[]> = {
  400: [6, 25, 26, 27, 36, 38, 41, 53, 62, 69, 72, 117, 168, 190, 195, 441, 675, 676, 8, 15, 44, 321, 427],
  401: [194, 516],
  403: [192, 193, 497, 512],
  404: [46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 336, 511, 131],
  408: [159],
  411: [381],
  413: [223],
  415: [715],
  501: [48],
  503: [76, 209, 439],
};
const statusOf = new Map(
  Object.entries(statuses).flatMap(([status, codes]) => codes.map((c) => [c, Number(status)])),
);

export const httpStatus = (error: ServerError): number => statusOf.get(error.code) ?? 500;

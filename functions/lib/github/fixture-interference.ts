import type { ServerResponse } from "node:http";

/** What happens to one request instead of its answer; `cut` breaks the connection within the body, `none` answers as ever. */
export type Interference =
  | { status: number; headers?: Record<string, string>; body?: unknown }
  | "cut"
  | "reset"
  | "none";

/** What comes after so many answers. */
export const afterAnswers = (answers: number, ...interferences: Interference[]): Interference[] => [
  ...Array.from({ length: answers }, () => "none" as const),
  ...interferences,
];

export function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string>,
): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers });
  response.end(body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body));
}

export function interfere(response: ServerResponse, interference: Exclude<Interference, "none">): void {
  if (interference === "reset") response.socket?.resetAndDestroy();
  else if (interference === "cut") {
    response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
    response.write('[{"sha":"');
    setTimeout(() => response.socket?.destroy(), 20);
  } else {
    send(response, interference.status, interference.body ?? { message: "no" }, interference.headers ?? {});
  }
}

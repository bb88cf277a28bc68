import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import type { RowError } from "./deliver.ts";

export interface SentEvent {
  id: string;
  event_type: string;
  [field: string]: unknown;
}

/** How the collector behaves to one request; `take` is what a healthy one does. */
export type Behaviour =
  | "take"
  | "cut-before"
  | "cut-after"
  | "hang"
  | "hotel"
  | { status: number; headers?: Record<string, string> }
  | { refuse: (event: SentEvent) => Omit<RowError, "index"> | undefined };

/** A collector that fails as it is told, one behaviour for each request, then is healthy. */
export class FakeCollector implements AsyncDisposable {
  /** By id, how often it was taken. */
  readonly taken = new Map<string, number>();
  readonly requests: { at: number; events: SentEvent[]; headers: IncomingMessage["headers"]; url: string }[] =
    [];
  readonly behaviours: Behaviour[] = [];
  readonly #server = createServer((request, response) => this.#answer(request, response));
  url = "";

  async open(port = 0): Promise<this> {
    await once(this.#server.listen(port, "127.0.0.1"), "listening");
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const cors = { "access-control-allow-origin": "*", "access-control-allow-headers": "*" };
    if (request.method === "OPTIONS") return void response.writeHead(204, cors).end();
    const bytes = await buffer(request);
    const text =
      request.headers["content-encoding"] === "gzip" ? gunzipSync(bytes).toString() : bytes.toString();
    const events: SentEvent[] = text.startsWith("[")
      ? JSON.parse(text)
      : text.split("\n").map((line) => JSON.parse(line));
    this.requests.push({ at: Date.now(), events, headers: request.headers, url: request.url ?? "" });
    const behaviour = this.behaviours.shift() ?? "take";
    if (behaviour === "hang") return;
    if (behaviour === "cut-before") return void request.socket.destroy();
    if (behaviour === "hotel") return void response.end("<h1>Welcome! Please accept our terms.</h1>");
    if (typeof behaviour === "object" && "status" in behaviour)
      return void response.writeHead(behaviour.status, { ...behaviour.headers, ...cors }).end("{}");
    const errors = typeof behaviour === "object" ? this.#refuse(events, behaviour.refuse) : [];
    const refused = new Set(errors.map(({ index }) => index));
    for (const [index, { id }] of events.entries())
      if (!refused.has(index)) this.taken.set(id, (this.taken.get(id) ?? 0) + 1);
    if (behaviour === "cut-after") return void request.socket.destroy();
    const answer = { accepted: events.length - errors.length, quarantined: errors.length, errors };
    response.writeHead(202, { "content-type": "application/json", ...cors }).end(JSON.stringify(answer));
  }

  #refuse(
    events: SentEvent[],
    refuse: (event: SentEvent) => Omit<RowError, "index"> | undefined,
  ): RowError[] {
    return events.flatMap((event, index) => {
      const error = refuse(event);
      return error ? [{ index, ...error }] : [];
    });
  }
}

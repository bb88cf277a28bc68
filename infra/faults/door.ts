import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fault, RequestKind } from "./fault.ts";

/** The network between one function process and ClickHouse, where requests get lost, late and torn. */
export interface Door {
  url: string;
  /** What happens to the requests of the next invocation; resolves when the process ends by it. */
  arm(fault: Fault | undefined): Promise<void>;
  /** Ends the process: what it has under way breaks, nothing more gets through. */
  kill(): void;
}

/** What lies behind the doors, shared by all of them. */
export interface Network {
  /** Where ClickHouse listens now. */
  port(): number;
  killServer(): void;
  /** Has INSERTs take a while until what it returns is called. */
  slowDown(): Promise<() => Promise<void>>;
  /** Told of each fault that happened. */
  happened(kind: Fault["kind"]): void;
  /** Requests under way to the server, whoever waits for them. */
  underWay: Set<Promise<unknown>>;
  /** Requests the network holds back. */
  held: Held[];
}

export interface Held {
  /** After so many further requests. */
  release: number;
  /** Before the last of them is let through, so many milliseconds ahead of it, or after its answer. */
  order: "before" | "after" | number;
  /** Sends it; `done` when the server has answered. */
  go(): Promise<{ done: Promise<void> }>;
}

interface Answer {
  status: number;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

export async function openDoor(network: Network): Promise<Door> {
  let fault: Fault | undefined;
  let seen = new Map<RequestKind, number>();
  let died: () => void = () => {};
  let dead = false;

  const server = createServer((request, response) => {
    if (dead) return void request.destroy();
    pass(request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 60_000;
  await once(server.listen(0, "127.0.0.1"), "listening");
  const kill = () => {
    dead = true;
    server.close();
    server.closeAllConnections();
    died();
  };

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const kind = kindOf(request, body);
    const nth = (seen.get(kind) ?? 0) + 1;
    seen.set(kind, nth);
    const after = await letGo(network);
    const hit =
      fault && "request" in fault && fault.request === kind && fault.nth === nth ? fault : undefined;
    if (hit) {
      network.happened(hit.kind);
      await strike(hit, request, body, response);
      if (hit.dies) kill();
    } else {
      give(await forward(network, request, body), response);
    }
    for (const held of after) await (await held.go()).done;
  }

  async function strike(
    hit: Extract<Fault, { request: RequestKind }>,
    request: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
  ): Promise<void> {
    switch (hit.kind) {
      case "cut_body":
        await cut(network, request, body.subarray(0, Math.floor(body.length * hit.share)), false);
        return void response.destroy();
      case "cut_after_body":
        await cut(network, request, body, true);
        return void response.destroy();
      case "cut_response": {
        const answer = await forward(network, request, body);
        if (hit.partial)
          response.writeHead(answer.status, { "content-length": answer.body.length + 10 }).write("x");
        return void response.destroy();
      }
      case "timeout":
        await forward(network, request, body);
        return; // The client waits until its time is over.
      case "late_request": {
        const { release, order, slowly } = hit;
        const go = async () => {
          const hurry = slowly ? await network.slowDown() : undefined;
          const answering = forward(network, request, body).catch(() => {});
          return { done: answering.then(hurry) };
        };
        network.held.push({ release, order, go });
        return void response.destroy();
      }
      case "kill_clickhouse": {
        const answering = forward(network, request, body);
        answering.catch(() => {}); // Thrown where it is awaited.
        await sleep(hit.afterMs);
        network.killServer();
        return give(await answering, response);
      }
    }
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arm(next) {
      fault = next;
      seen = new Map();
      return new Promise((resolve) => {
        died = resolve;
      });
    },
    kill,
  };
}

/** Counts one more request against those held back; what is due goes now, or is given back to go after it. */
async function letGo(network: Network): Promise<Held[]> {
  const due = network.held.filter((held) => --held.release <= 0);
  network.held = network.held.filter((held) => !due.includes(held));
  for (const held of due) {
    if (held.order === "after") continue;
    const { done } = await held.go();
    if (held.order === "before") await done;
    else await sleep(held.order);
  }
  return due.filter(({ order }) => order === "after");
}

function kindOf(request: IncomingMessage, body: Buffer): RequestKind {
  const query = new URL(request.url ?? "/", "http://door").searchParams.get("query");
  const text = query ?? body.subarray(0, 4000).toString("latin1");
  if (text.includes("INSERT INTO sluice.lane_claims")) return "claim";
  if (text.includes("system.processes")) return "wait";
  if (text.includes("INSERT INTO sluice.quarantine")) return "quarantine";
  if (!text.includes("INSERT INTO")) return "probe";
  return text.includes("input(") ? "insert" : "replay";
}

function open(network: Network, request: IncomingMessage) {
  const { connection, "content-length": length, ...headers } = request.headers;
  const chunked = { ...headers, "transfer-encoding": "chunked" };
  const { method, url: path } = request;
  return send({ host: "127.0.0.1", port: network.port(), method, path, headers: chunked, agent: false });
}

function forward(network: Network, request: IncomingMessage, body: Buffer): Promise<Answer> {
  const answering = new Promise<Answer>((resolve, reject) => {
    const upstream = open(network, request);
    upstream.once("error", reject);
    upstream.once("response", (response) => {
      const { statusCode: status = 0, headers } = response;
      buffer(response).then((bytes) => resolve({ status, headers, body: bytes }), reject);
    });
    upstream.end(body);
  });
  network.underWay.add(answering);
  answering.catch(() => {}).finally(() => network.underWay.delete(answering));
  return answering;
}

/** Sends a part of a body, or all of it with its end, and breaks the connection once it is out. */
function cut(network: Network, request: IncomingMessage, part: Buffer, whole: boolean): Promise<void> {
  return new Promise((resolve) => {
    const upstream = open(network, request);
    upstream.on("error", () => resolve());
    const leave = () => {
      upstream.destroy();
      resolve();
    };
    if (whole) upstream.end(part, () => setImmediate(leave));
    else upstream.write(part, () => setImmediate(leave));
  });
}

function give({ status, headers, body }: Answer, response: ServerResponse): void {
  if (response.destroyed) return;
  const { connection, "transfer-encoding": _encoding, "content-length": _length, ...rest } = headers;
  response.writeHead(status, rest).end(body);
}

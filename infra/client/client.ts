import type { z } from "zod";
import type { queries } from "../../functions/lib/endpoints.ts";

type AnyQuery = (typeof queries)[number];
type QueryOf<Name extends EndpointName> = Extract<AnyQuery, { name: Name }>;

/** The names, parameters and rows of the endpoints, out of the queries themselves: only types, nothing is imported at run time. */
export type EndpointName = AnyQuery["name"];
export type Params<Name extends EndpointName> = z.input<QueryOf<Name>["params"]>;
export type Row<Name extends EndpointName> = z.output<QueryOf<Name>["row"]>;

export interface Answer<Data> {
  meta: { name: string; type: string }[];
  data: Data[];
  rows: number;
  /** The `cursor` of the next page; null on the last. */
  next: string | null;
  statistics: { elapsed_ms: number; rows_read: number; bytes_read: number };
}

/** A refusal of the API, in its own words. */
export class SluiceError extends Error {
  override name = "SluiceError";
  readonly status: number;
  /** The problem document (RFC 9457): `title`, `detail`, `request_id`, for SQL `clickhouse` and `position`. */
  readonly problem: Record<string, unknown>;

  constructor(status: number, problem: Record<string, unknown>) {
    super([problem.title ?? `HTTP ${status}`, problem.detail].filter(Boolean).join(": "));
    this.status = status;
    this.problem = problem;
  }
}

export interface ClientOptions {
  /** Such as http://127.0.0.1:3000. */
  url: string;
  /** A read key. */
  key: string;
  /** How often a request that met 429 or 503 is sent again; default 2. */
  retries?: number;
  fetch?: typeof fetch;
}

export interface CallOptions {
  signal?: AbortSignal;
}

/** Asks the endpoints, typed by name. An answer that has not changed is not sent again: the same object comes back. */
export function createClient({ url, key, retries = 2, fetch: send = fetch }: ClientOptions) {
  const known = new Map<string, { etag: string; answer: Answer<unknown> }>();
  const origin = url.replace(/\/$/, "");

  async function call(path: string, init: RequestInit): Promise<Response> {
    for (let left = retries; ; left--) {
      const headers = { authorization: `Bearer ${key}`, accept: "application/json", ...init.headers };
      const response = await send(origin + path, { ...init, headers });
      const wait = left > 0 ? pause(response) : undefined;
      if (wait === undefined) return response;
      await response.body?.cancel();
      await sleep(wait, init.signal ?? undefined);
    }
  }

  async function ask<Name extends EndpointName>(
    name: Name,
    params: Params<Name> = {} as Params<Name>,
    { signal }: CallOptions = {},
  ): Promise<Answer<Row<Name>>> {
    const path = `/v1/endpoints/${name}${search(params)}`;
    const before = known.get(path);
    const response = await call(path, {
      signal: signal ?? null,
      headers: before ? { "if-none-match": before.etag } : {},
    });
    if (response.status === 304 && before) return before.answer as Answer<Row<Name>>;
    const answer = await read<Answer<Row<Name>>>(response);
    const etag = response.headers.get("etag");
    known.delete(path);
    if (known.size >= mostKnown) known.delete(known.keys().next().value as string);
    if (etag) known.set(path, { etag, answer });
    return answer;
  }

  return {
    ask,

    /** All rows of an endpoint that answers in pages, page by page. */
    async *rows<Name extends EndpointName>(
      name: Name,
      params: Params<Name> = {} as Params<Name>,
      options: CallOptions = {},
    ): AsyncGenerator<Row<Name>> {
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const answer: Answer<Row<Name>> = await ask(name, { ...params, ...(cursor && { cursor }) }, options);
        yield* answer.data;
        cursor = answer.next;
      }
    },

    /** Any SQL that only reads; `params` are bound to `{name: Type}`. */
    async sql<Data = Record<string, unknown>>(
      query: string,
      params: Record<string, unknown> = {},
      { signal }: CallOptions = {},
    ): Promise<Answer<Data>> {
      const body = JSON.stringify({ query, params });
      const headers = { "content-type": "application/json" };
      return read(await call("/v1/query", { method: "POST", body, headers, signal: signal ?? null }));
    },
  };
}

export type Client = ReturnType<typeof createClient>;

const mostKnown = 100;

function search(params: object): string {
  const given = Object.entries(params).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}

/** How long to wait before the request is sent again, in milliseconds; `undefined` when it would not help. */
function pause(response: Response): number | undefined {
  if (response.status !== 429 && response.status !== 503) return undefined;
  const seconds = Number(response.headers.get("retry-after") ?? 1);
  return seconds >= 0 && seconds <= 60 ? seconds * 1000 : undefined;
}

async function read<Body>(response: Response): Promise<Body> {
  if (response.ok) return response.json() as Promise<Body>;
  throw new SluiceError(response.status, await response.json().catch(() => ({})));
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}

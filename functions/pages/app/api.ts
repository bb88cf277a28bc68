export type Row = Record<string, unknown>;

export interface Answer {
  data: Row[];
  next: string | null;
  statistics?: { elapsed_ms: number; rows_read: number };
}

/** What an endpoint takes, by name; from `GET /v1/endpoints`. */
export type Params = Record<string, { enum?: string[] }>;

export interface Endpoint {
  name: string;
  description: string;
  params: Params;
}

export type Outcome =
  | { kind: "answer"; answer: Answer; etag: string | undefined }
  | { kind: "same" }
  /** The server has no such endpoint, or not yet what it reads. */
  | { kind: "absent"; detail: string }
  | { kind: "locked" }
  | { kind: "failed"; detail: string };

export interface Api {
  ask(name: string, params: Record<string, string>, etag?: string, signal?: AbortSignal): Promise<Outcome>;
  /** @throws Error "locked" when the key is refused. */
  list(): Promise<Endpoint[]>;
}

/** Longest wait for an answer, in milliseconds. */
const patience = 10_000;

export function openApi(key: string): Api {
  const get = (path: string, headers: Record<string, string> = {}, signal?: AbortSignal) =>
    fetch(path, {
      // The page knows what it has: the browser keeps nothing, and asks for nothing fresher than the server has ready.
      cache: "no-store",
      headers: { authorization: `Bearer ${key}`, "cache-control": "max-age=0", ...headers },
      signal: AbortSignal.any([AbortSignal.timeout(patience), ...(signal ? [signal] : [])]),
    });
  return {
    async ask(name, params, etag, signal) {
      const path = `/v1/endpoints/${name}?${new URLSearchParams(params)}`;
      try {
        const response = await get(path, etag ? { "if-none-match": etag } : {}, signal);
        if (response.status === 304) return { kind: "same" };
        if (response.ok) {
          const answer = (await response.json()) as Answer;
          if (!Array.isArray(answer.data)) return { kind: "failed", detail: unreadable };
          return { kind: "answer", answer, etag: response.headers.get("etag") ?? undefined };
        }
        const { title, detail, reason } = await problem(response);
        if (response.status === 404)
          return { kind: "absent", detail: `This server does not answer ${name}.` };
        if (reason === "not_set_up") return { kind: "absent", detail };
        // A key for some endpoints only.
        if (response.status === 403) return { kind: "absent", detail };
        if (response.status === 401) return { kind: "locked" };
        return { kind: "failed", detail: `${title}. ${detail}` };
      } catch (error) {
        return { kind: "failed", detail: weather(error) };
      }
    },
    async list() {
      const response = await get("/v1/endpoints");
      if (response.status === 401 || response.status === 403) throw new Error("locked");
      if (!response.ok) throw new Error((await problem(response)).title);
      const { endpoints } = (await response.json()) as { endpoints?: Endpoint[] };
      if (!Array.isArray(endpoints)) throw new Error(unreadable);
      return endpoints;
    },
  };
}

/** What problem+json says (RFC 9457); a proxy on the way may say something else. */
async function problem(response: Response): Promise<{ title: string; detail: string; reason?: string }> {
  const plain = { title: `The server answered ${response.status}`, detail: "" };
  return response.json().then(
    (said) => ({ ...plain, ...said }),
    () => plain,
  );
}

/** serverless-offline says 200 for a function that could not start. */
const unreadable = "The server answered something else than its endpoints do: see its log.";

const weather = (error: unknown): string =>
  (error as Error).name === "TimeoutError"
    ? `No answer within ${patience / 1000} s.`
    : "The server cannot be reached.";

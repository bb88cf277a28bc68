import type { Answer, Api } from "./api.ts";

/** One question that is asked again and again. */
export interface Request {
  endpoint: string;
  params: Record<string, string>;
  /** Seconds from one asking to the next. */
  every: number;
}

export interface Reading {
  answer?: Answer;
  /** When the answer was last known to be true, in milliseconds. */
  checkedAt?: number;
  /** Why there is no newer one. */
  trouble?: { kind: "absent" | "locked" | "failed"; detail: string };
}

export interface Source {
  reading: Reading;
  /** Asks on, at once. */
  start(): void;
  stop(): void;
}

/** Seconds to the next try after as many failures. */
const backOff = [1, 2, 4, 8, 15];

/** @param onChange called when there is another answer or other trouble, not when the answer is the same. */
export function openSource(api: Api, { endpoint, params, every }: Request, onChange: () => void): Source {
  const reading: Reading = {};
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking: AbortController | undefined;
  let etag: string | undefined;
  let last = "";
  let failures = 0;

  const trouble = (kind: "absent" | "locked" | "failed", detail = "") => {
    const isNew = reading.trouble?.kind !== kind || reading.trouble.detail !== detail;
    reading.trouble = { kind, detail };
    if (isNew) onChange();
  };

  const round = async () => {
    const began = performance.now();
    const current = new AbortController();
    asking = current;
    const outcome = await api.ask(endpoint, params, etag, current.signal);
    if (current.signal.aborted) return;
    failures = outcome.kind === "failed" ? failures + 1 : 0;
    if (outcome.kind === "answer" || outcome.kind === "same") {
      const hadTrouble = reading.trouble !== undefined;
      delete reading.trouble;
      reading.checkedAt = Date.now();
      let isNew = hadTrouble;
      if (outcome.kind === "answer") {
        etag = outcome.etag;
        const text = JSON.stringify([outcome.answer.data, outcome.answer.next]);
        isNew ||= text !== last;
        last = text;
        reading.answer = outcome.answer;
      }
      if (isNew) onChange();
    } else trouble(outcome.kind, "detail" in outcome ? outcome.detail : "");
    const pause = failures > 0 ? (backOff[failures - 1] ?? 15) : outcome.kind === "absent" ? 30 : every;
    const took = performance.now() - began;
    // A server that is slow is asked less: it is left alone for as long as it took.
    timer = setTimeout(round, Math.max(pause * 1000 - took, took));
  };

  const stop = () => {
    clearTimeout(timer);
    asking?.abort();
    asking = undefined;
  };
  return {
    reading,
    start() {
      stop();
      void round();
    },
    stop,
  };
}

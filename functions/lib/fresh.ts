import { createHash } from "node:crypto";
import type { Answer } from "./ask.ts";

/** An answer with its tag: the same rows have the same tag, however long they took. */
export interface Tagged {
  answer: Answer;
  tag: string;
}

const mostAnswers = 200;
/** A longer answer is not worth its memory: nobody polls for it every second. */
const mostRows = 1_000;

/** Answers given a moment ago in this execution environment, so that many who watch the same cost ClickHouse one question. */
export class Fresh {
  readonly #now: () => number;
  readonly #kept = new Map<string, { until: number; value: Promise<Tagged> }>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** The answer to `question` if it is younger than `ms`, else a new one; those who ask at the same time share it, unless `ms` is 0. */
  take(question: string, ms: number, anew: () => Promise<Answer>): Promise<Tagged> {
    const kept = this.#kept.get(question);
    if (ms > 0 && kept && kept.until > this.#now()) return kept.value;
    const value = anew().then((answer) => {
      const entry = this.#kept.get(question);
      if (entry?.value === value) {
        if (answer.rows > mostRows) this.#kept.delete(question);
        else entry.until = this.#now() + ms;
      }
      return { answer, tag: tagOf(answer) };
    });
    this.#keep(question, value);
    return value;
  }

  #keep(question: string, value: Promise<Tagged>): void {
    this.#kept.delete(question);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size < mostAnswers) break;
      this.#kept.delete(oldest);
    }
    this.#kept.set(question, { until: Number.POSITIVE_INFINITY, value });
    value.catch(() => {
      if (this.#kept.get(question)?.value === value) this.#kept.delete(question);
    });
  }
}

const tagOf = ({ meta, data, next }: Answer): string =>
  createHash("sha256")
    .update(JSON.stringify([meta, data, next]))
    .digest("base64url")
    .slice(0, 22);

/** Whether `If-None-Match` names the tag; compared weakly, as RFC 9110 §13.1.2 says for it. */
export const matches = (ifNoneMatch: string | undefined, etag: string): boolean =>
  ifNoneMatch !== undefined &&
  (ifNoneMatch.trim() === "*" ||
    ifNoneMatch.split(",").some((one) => one.trim().replace(/^W\//, "") === etag.replace(/^W\//, "")));

import type { Api } from "./api.ts";
import { openSource, type Reading, type Request, type Source } from "./source.ts";

/** The questions that are asked, over and over; two panels with the same question share it. */
export interface Questions {
  /**
   * Asks these, and no others any more.
   * @param wanted each with the key of the question it takes the place of: until the new one is answered, what is shown is as old as that.
   * @returns their keys.
   */
  ask(wanted: readonly { request: Request; instead: string }[]): string[];
  reading(key: string): Reading | undefined;
  /** Whether anything is asked at all. */
  run(on: boolean): void;
}

export function openQuestions(
  api: Api,
  isServed: (endpoint: string) => boolean,
  onChange: (key: string) => void,
): Questions {
  const sources = new Map<string, Source>();
  let running = true;

  const hold = (request: Request, instead: string): string => {
    const key = JSON.stringify([request.endpoint, request.params]);
    if (sources.has(key)) return key;
    const served = isServed(request.endpoint);
    const source = served ? openSource(api, request, () => onChange(key)) : absentSource(request.endpoint);
    const { checkedAt } = sources.get(instead)?.reading ?? {};
    if (served && checkedAt !== undefined) source.reading.checkedAt = checkedAt;
    sources.set(key, source);
    if (running) source.start();
    return key;
  };

  return {
    ask(wanted) {
      const keys = wanted.map(({ request, instead }) => hold(request, instead));
      for (const [key, source] of sources) {
        if (keys.includes(key)) continue;
        source.stop();
        sources.delete(key);
      }
      return keys;
    },
    reading: (key) => sources.get(key)?.reading,
    run(on) {
      if (running === on) return;
      running = on;
      for (const source of sources.values()) on ? source.start() : source.stop();
    },
  };
}

/** In place of an endpoint that the server does not list: nothing is asked. */
const absentSource = (endpoint: string): Source => ({
  reading: { trouble: { kind: "absent", detail: `This server does not answer ${endpoint}.` } },
  start: () => undefined,
  stop: () => undefined,
});

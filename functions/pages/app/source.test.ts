import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Api, Outcome, Row } from "./api.ts";
import { openSource } from "./source.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const answer = (data: Row[], etag?: string): Outcome => ({
  kind: "answer",
  answer: { data, next: null },
  etag,
});

/** A source over outcomes given one by one, the last for ever. */
function open(...outcomes: Outcome[]) {
  const tags: (string | undefined)[] = [];
  const changes: unknown[] = [];
  const api: Api = {
    ask: async (_name, _params, etag) => {
      tags.push(etag);
      return outcomes[Math.min(tags.length, outcomes.length) - 1] as Outcome;
    },
    list: async () => [],
  };
  const request = { endpoint: "shadow_types", params: {}, every: 1 };
  const source = openSource(api, request, () => changes.push(source.reading.answer?.data));
  source.start();
  return { source, tags, changes };
}

test("it asks every second with the tag of the last answer, and tells only what changed", async () => {
  const { source, tags, changes } = open(answer([{ n: 1 }], "a"), { kind: "same" }, answer([{ n: 2 }], "b"));
  await vi.advanceTimersByTimeAsync(2500);
  expect(tags).toEqual([undefined, "a", "a"]);
  expect(changes).toEqual([[{ n: 1 }], [{ n: 2 }]]);
  await vi.advanceTimersByTimeAsync(5000);
  expect(changes).toHaveLength(2);
  expect(Date.now() - (source.reading.checkedAt ?? 0)).toBeLessThanOrEqual(1000);
});

test("failures are told once, asked again less and less, and forgotten when an answer comes", async () => {
  const failed: Outcome = { kind: "failed", detail: "broken" };
  const { source, tags, changes } = open(answer([]), failed, failed, failed, answer([]));
  await vi.advanceTimersByTimeAsync(1500);
  expect(source.reading).toMatchObject({
    trouble: { kind: "failed", detail: "broken" },
    answer: { data: [] },
  });
  // After one second, two and four.
  await vi.advanceTimersByTimeAsync(2600);
  expect(tags).toHaveLength(4);
  await vi.advanceTimersByTimeAsync(3400);
  expect(tags).toHaveLength(4);
  await vi.advanceTimersByTimeAsync(1000);
  expect(tags).toHaveLength(5);
  expect(source.reading.trouble).toBeUndefined();
  expect(changes).toHaveLength(3);
});

test("once stopped it asks nothing and tells nothing", async () => {
  const { source, tags, changes } = open(answer([{ n: 1 }]));
  source.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(tags).toHaveLength(1);
  expect(changes).toEqual([]);
});

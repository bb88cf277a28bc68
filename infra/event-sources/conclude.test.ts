import { expect, test } from "vitest";
import type { KafkaRecord } from "../../events/envelope/kafka.ts";
import type { Batch } from "./batching.ts";
import { defaultChoices } from "./choices.ts";
import { concludeBatch } from "./conclude.ts";
import type { RetryPolicy } from "./definition.ts";

const record = (offset: number): KafkaRecord => ({
  topic: "t",
  partition: 0,
  offset,
  timestamp: 0,
  timestampType: "CREATE_TIME",
  key: null,
  value: null,
  headers: [],
});
const batchOf = (offsets: number[], failures = 0): Batch<KafkaRecord> => ({
  parts: new Map([
    [
      "t-0",
      { records: offsets.map(record), ends: offsets.map((offset) => offset + 1), next: 10, lost: false },
    ],
  ]),
  failures,
});
const offsetsOf = (batch: Batch<KafkaRecord>) => batch.parts.get("t-0")?.records.map(({ offset }) => offset);
const naming = (...offsets: number[]) => ({
  payload: JSON.stringify({
    batchItemFailures: offsets.map((offset) => ({ itemIdentifier: { partition: "t-0", offset } })),
  }),
});

/** What became of a batch whose function named records. */
async function conclude(batch: Batch<KafkaRecord>, named: number[], policy = {}, choices = {}) {
  const seen: { settled?: number; again?: number[]; givenUp?: number[]; released?: true } = {};
  const retry: RetryPolicy = { attempts: 2, recordAge: 1, bisect: false, itemFailures: true, ...policy };
  const outcome = await concludeBatch(batch, naming(...named), {
    policy: retry,
    choices: { ...defaultChoices, ...choices },
    queue: {
      release: () => Object.assign(seen, { released: true }),
      replace: (_, other) => Object.assign(seen, { again: offsetsOf(other) }),
    },
    settle: (_, positions) => Object.assign(seen, { settled: positions.get("t-0") }),
    giveUp: async ({ records }) => {
      seen.givenUp = records.map(({ offset }) => offset);
      return true;
    },
  });
  return { ...seen, failures: outcome.failures };
}

test("named records come again alone, and what comes before the first of them is done", async () => {
  expect(await conclude(batchOf([3, 4, 5, 6]), [4, 6])).toEqual({ settled: 4, again: [4, 6], failures: 1 });
});

test("all records from the first named one on come again where the project wants it so", async () => {
  const outcome = await conclude(batchOf([3, 4, 5, 6]), [4, 6], {}, { itemFailures: "onwards" });
  expect(outcome).toEqual({ settled: 4, again: [4, 5, 6], failures: 1 });
});

test("records that are named again and again are given up after the batch's attempts, the rest is not", async () => {
  const outcome = await conclude(batchOf([4, 6], 2), [6]);
  expect(outcome).toEqual({ settled: 10, givenUp: [6], released: true, failures: 3 });
});

test("a response that names records is a success where the mapping does not ask for item failures", async () => {
  const outcome = await conclude(batchOf([3, 4]), [4], { itemFailures: false });
  expect(outcome).toEqual({ settled: 10, released: true, failures: 0 });
});

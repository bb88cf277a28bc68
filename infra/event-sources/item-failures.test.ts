import { expect, test } from "vitest";
import type { KafkaRecord } from "../../events/envelope/kafka.ts";
import type { Batch } from "./batching.ts";
import { readItemFailures } from "./item-failures.ts";

const record = (partition: number, offset: number) =>
  ({ topic: "my-topic", partition, offset }) as KafkaRecord;
const batch: Batch<KafkaRecord> = {
  parts: new Map([
    ["my-topic-0", { records: [record(0, 5), record(0, 6)], ends: [6, 7], next: 7, lost: false }],
    ["my-topic-1", { records: [record(1, 5)], ends: [6], next: 6, lost: false }],
  ]),
  failures: 0,
};
const read = (response: unknown) => readItemFailures(JSON.stringify(response) ?? null, batch);
const item = (partition: unknown, offset: unknown) => ({ itemIdentifier: { partition, offset } });

test("nothing reported is success", () => {
  for (const nothing of [undefined, null, {}, { batchItemFailures: [] }, { batchItemFailures: null }]) {
    expect(read(nothing)).toBe("succeeded");
  }
});

test("named records failed, the others did not", () => {
  const failed = read({ batchItemFailures: [item("my-topic-0", 6), item("my-topic-0", 6)] });
  if (typeof failed === "string") throw new Error(failed);
  expect([
    failed("my-topic-0", record(0, 5)),
    failed("my-topic-0", record(0, 6)),
    failed("my-topic-1", record(1, 5)),
  ]).toEqual([false, true, false]);
});

test("whatever was not in the batch, or is no such report, fails the batch", () => {
  for (const wrong of [
    { batchItemFailures: [item("my-topic-0", 7)] },
    { batchItemFailures: [item("my-topic-2", 5)] },
    { batchItemFailures: [item("my-topic-0", "5")] },
    { batchItemFailures: [item("my-topic-0", 5), { itemIdentifier: "my-topic-0-5" }] },
    { batchItemFailures: [null] },
    { batchItemFailures: "none" },
    "text",
    [],
    7,
  ]) {
    expect([wrong, read(wrong)]).toEqual([wrong, "failed"]);
  }
});

import { expect, test } from "vitest";
import { runThroughBrokers } from "./through-brokers.ts";

test("services killed under messages on their way through the whole stack: each counts once", async () => {
  const failures: string[] = [];
  const report = await runThroughBrokers(
    { runs: 5, seed: 11 },
    { onFailure: (words) => failures.push(words) },
  );
  expect(failures).toEqual([]);
  expect(report).toMatchObject({ runs: 5, lost: 0, duplicated: 0, view_mismatches: 0 });
}, 900_000);

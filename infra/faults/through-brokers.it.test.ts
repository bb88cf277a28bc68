import { expect, test } from "vitest";
import { runThroughBrokers } from "./through-brokers.ts";

/** More of them by hand: npx sluice faults --runs 50 --through-brokers */
const runs = 1;

test("services killed under messages on their way through the whole stack: each counts once", async () => {
  const failures: string[] = [];
  const report = await runThroughBrokers({ runs, seed: 11 }, { onFailure: (words) => failures.push(words) });
  expect(failures).toEqual([]);
  expect(report).toMatchObject({ runs, lost: 0, duplicated: 0, view_mismatches: 0 });
}, 300_000);

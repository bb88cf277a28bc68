import { expect, inject, test } from "vitest";
import { soak } from "./soak.ts";

const { rabbitmqUrl } = inject("services");

test("nothing is lost, reordered or committed too early while everything goes wrong", async () => {
  // Some twenty batches: at one failure in ten, one run in ten would see none.
  const options = { seconds: 9, rate: 100, restarts: 1, failing: 0.3 };
  const result = await soak({ ...options, rabbitmqUrl, progress: () => {} });
  expect(result).toMatchObject({ lost: 0, outOfOrder: 0, committedTooFar: 0, brokerRestarts: 1 });
  expect(result.sent).toBeGreaterThan(50);
  expect(result.reloads).toBeGreaterThan(1);
  expect(result.failures).toBeGreaterThan(0);
}, 180_000);

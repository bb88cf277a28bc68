import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { KafkaCommits, type Progress } from "./kafka-commits.ts";

const progressOf = (partition: number): Progress => ({ partition, done: 0, settled: 0 });

/** A group that takes some time, and fails as often as told. */
function createGroup(failures = 0) {
  const committed: Record<number, number>[] = [];
  const lost = new Set<Progress>();
  const troubles: unknown[] = [];
  let left = failures;
  const commits = new KafkaCommits<Progress>(
    async (positions) => {
      await sleep(20);
      left -= 1;
      if (left >= 0) throw new Error("rebalancing");
      committed.push(Object.fromEntries(positions));
    },
    (progress) => !lost.has(progress),
    (error) => troubles.push(error),
  );
  return { commits, committed, lost, troubles };
}

test("what is done while a commit is under way goes out together, each partition's newest position", async () => {
  const { commits, committed } = createGroup();
  const [a, b] = [progressOf(0), progressOf(1)];
  commits.advance(a, 1);
  commits.advance(a, 2);
  commits.advance(b, 7);
  expect(a).toEqual({ partition: 0, done: 2, settled: 0 });
  await sleep(10);
  commits.advance(a, 3);
  await commits.close();
  expect(committed.at(-1)).toMatchObject({ 0: 3 });
  expect(committed.length).toBeLessThanOrEqual(3);
  expect([a.settled, b.settled]).toEqual([3, 7]);
});

test("a commit that fails is repeated, and told from the second time on", async () => {
  const { commits, committed, troubles } = createGroup(2);
  const a = progressOf(0);
  commits.advance(a, 5);
  await commits.close();
  expect(committed).toEqual([{ 0: 5 }]);
  expect(troubles).toEqual([new Error("rebalancing"), undefined]);
});

test("nothing of a partition that has gone to others is committed, not even on the second try", async () => {
  const { commits, committed, lost } = createGroup(1);
  const [a, b] = [progressOf(0), progressOf(1)];
  commits.advance(a, 5);
  commits.advance(b, 5);
  lost.add(a);
  await commits.close();
  expect(committed).toEqual([{ 1: 5 }]);
  expect(a.settled).toBe(0);
});

test("a close does not wait for ever", async () => {
  const { commits, committed } = createGroup(Number.POSITIVE_INFINITY);
  commits.advance(progressOf(0), 5);
  await commits.close(100);
  expect(committed).toEqual([]);
});

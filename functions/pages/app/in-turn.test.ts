import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { inTurn } from "./in-turn.ts";

test("each has a task of its own, in the order they came, and one that waits already does not wait twice", async () => {
  const done: string[] = [];
  const put = inTurn((one: string) => {
    done.push(one);
    queueMicrotask(() => done.push(`after ${one}`));
  });
  for (const one of ["a", "b", "a"]) put(one);
  expect(done).toEqual([]);
  await sleep(20);
  expect(done).toEqual(["a", "after a", "b", "after b"]);
});

test("one may come again while it runs, behind those that wait", async () => {
  const done: string[] = [];
  const put = inTurn((one: string) => {
    if (done.push(one) === 1) put(one);
  });
  put("a");
  put("b");
  await sleep(20);
  expect(done).toEqual(["a", "b", "a"]);
});

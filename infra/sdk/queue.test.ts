import { expect, test } from "vitest";
import type { Queued } from "./event.ts";
import { EventQueue } from "./queue.ts";

const event = (id: string, bytes = 10): Queued => ({ id, text: `"${id}"`, bytes });

function openQueue(limits = { events: 3, bytes: 100 }) {
  const dropped: [string, string][] = [];
  const queue = new EventQueue(limits, (events, reason) => {
    for (const { id } of events) dropped.push([id, reason]);
  });
  const ids = () => queue.all().map(({ id }) => id);
  return { queue, dropped, ids };
}

test("beyond its bounds the oldest events go, and are told", () => {
  const { queue, dropped, ids } = openQueue();
  for (const id of ["a", "b", "c", "d"]) queue.add(event(id));
  expect([ids(), dropped]).toEqual([["b", "c", "d"], [["a", "full"]]]);
  queue.add(event("large", 85));
  expect([ids(), dropped.length]).toEqual([["d", "large"], 3]);
});

test("what failed comes before what is younger, and is the first to go", () => {
  const { queue, dropped, ids } = openQueue();
  for (const id of ["a", "b"]) queue.add(event(id));
  const taken = queue.take({ events: 2, bytes: 100 });
  for (const id of ["c", "d"]) queue.add(event(id));
  queue.putBack(taken);
  expect([ids(), dropped]).toEqual([["b", "c", "d"], [["a", "full"]]]);
});

test("a batch takes as many as fit, one at least, and frees their bytes", () => {
  const { queue, ids } = openQueue({ events: 10, bytes: 100 });
  for (const [id, bytes] of [
    ["a", 60],
    ["b", 30],
    ["c", 5],
  ] as const)
    queue.add(event(id, bytes));
  expect(queue.take({ events: 10, bytes: 50 })).toHaveLength(1);
  expect(queue.take({ events: 1, bytes: 50 })).toHaveLength(1);
  queue.add(event("d", 95));
  expect(ids()).toEqual(["c", "d"]);
});

import { expect, test } from "vitest";
import { event as contract } from "../../events/event.ts";
import { enqueue } from "../sdk/event.ts";
import { traffic, type Visit } from "./traffic.ts";

const visits = (seed: number, count: number): Visit[] => [...traffic(seed).take(count)];

test("the same seed gives the same visitors", () => {
  expect(visits(1, 500)).toEqual(visits(1, 500));
  expect(visits(1, 500)).not.toEqual(visits(2, 500));
});

test("everything they do keeps the contract", () => {
  for (const visit of visits(3, 2000)) {
    const decoded = contract.decode(Buffer.from(enqueue(visit).text));
    expect(decoded, JSON.stringify(visit)).toMatchObject({ ok: true });
  }
});

test("each step of the way to a ticket is taken by fewer, and by those who took the one before", () => {
  const steps = ["event_view", "ticket_view", "checkout_start", "payment_info", "ticket_purchase"];
  const all = visits(4, 20_000);
  const counts = steps.map((step) => all.filter(({ event_type }) => event_type === step).length);
  expect(counts).toEqual([...counts].sort((a, b) => b - a));
  expect(counts.at(-1)).toBeGreaterThan(100);
  const ways = Map.groupBy(all, ({ session_id, event_id }) => `${session_id} ${event_id}`);
  for (const way of ways.values()) {
    const taken = way.map(({ event_type }) => event_type).filter((type) => steps.includes(type));
    if (taken.includes("ticket_purchase")) expect(taken).toEqual(expect.arrayContaining(steps));
  }
});

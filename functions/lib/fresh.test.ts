import { expect, test } from "vitest";
import type { Answer } from "./ask.ts";
import { Fresh, matches } from "./fresh.ts";

const answer = (n: number, elapsed_ms = 1): Answer => ({
  meta: [{ name: "n", type: "UInt8" }],
  data: [{ n }],
  rows: 1,
  next: null,
  statistics: { elapsed_ms, rows_read: 1, bytes_read: 1 },
});

test("an answer serves everybody who asks the same within its time, and nobody after it", async () => {
  let [now, asked] = [0, 0];
  const fresh = new Fresh(() => now);
  const take = (question = "a", ms = 1000) => fresh.take(question, ms, async () => answer(++asked));
  const [one, two] = await Promise.all([take(), take()]);
  expect(one).toBe(two);
  now = 999;
  expect(await take()).toBe(one);
  expect((await take("b")).answer.data).toEqual([{ n: 2 }]);
  now = 1000;
  expect((await take()).answer.data).toEqual([{ n: 3 }]);
  expect((await take("a", 0)).answer.data).toEqual([{ n: 4 }]);
});

test("a failure is not kept", async () => {
  const fresh = new Fresh();
  await expect(fresh.take("a", 1000, () => Promise.reject(new Error("away")))).rejects.toThrow("away");
  expect((await fresh.take("a", 1000, async () => answer(1))).answer.rows).toBe(1);
});

test("neither many questions nor long answers fill the memory", async () => {
  const fresh = new Fresh();
  let asked = 0;
  const take = (question: string, rows = 1) =>
    fresh.take(question, 1e6, async () => ({ ...answer(++asked), rows }));
  for (let i = 0; i < 300; i++) await take(`question ${i}`);
  await take("question 299");
  expect(asked).toBe(300);
  await take("question 0");
  expect(asked).toBe(301);
  await take("long", 1001);
  await take("long", 1001);
  expect(asked).toBe(303);
});

test("the tag follows the rows alone", async () => {
  const fresh = new Fresh();
  const tag = async (of: Answer) => (await fresh.take(String(Math.random()), 0, async () => of)).tag;
  expect(await tag(answer(1, 5))).toBe(await tag(answer(1, 7)));
  expect(await tag(answer(1))).not.toBe(await tag(answer(2)));
  expect(await tag(answer(1))).not.toBe(await tag({ ...answer(1), next: "more" }));
});

test("If-None-Match may be a list, weak or not, or *", () => {
  expect(matches('W/"a"', 'W/"a"')).toBe(true);
  expect(matches('"b", "a"', 'W/"a"')).toBe(true);
  expect(matches("*", 'W/"a"')).toBe(true);
  expect(matches('W/"b"', 'W/"a"')).toBe(false);
  expect(matches(undefined, 'W/"a"')).toBe(false);
});

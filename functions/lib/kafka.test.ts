import { expect, test } from "vitest";
import { inRequests } from "./kafka.ts";

const message = (size: number) => ({ key: "k", value: Buffer.alloc(size) });

test("messages keep their order and no request is larger than a broker takes", () => {
  const messages = Array.from({ length: 100 }, (_, i) => message(20_000 + i));
  const parts = inRequests(messages);
  expect(parts.flat()).toEqual(messages);
  for (const part of parts) {
    expect(part.reduce((sum, { value }) => sum + value.length, 0)).toBeLessThan(1024 * 1024 - 100_000);
  }
});

test("what fits goes in one request, what fits in none goes alone", () => {
  expect(inRequests([message(1), message(2)])).toHaveLength(1);
  expect(inRequests([message(1), message(900_000), message(2)]).map((part) => part.length)).toEqual([
    1, 1, 1,
  ]);
  expect(inRequests([])).toEqual([]);
});

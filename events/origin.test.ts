import fc from "fast-check";
import { expect, test } from "vitest";
import { formatPosition, parsePosition } from "./origin.ts";

test("a position comes back as it was written", () => {
  const topic = fc.stringMatching(/^[\w.-]{1,249}$/);
  fc.assert(
    fc.property(topic, fc.nat(), fc.maxSafeNat(), (topic, partition, offset) => {
      expect(parsePosition(formatPosition({ topic, partition, offset }))).toEqual({
        topic,
        partition,
        offset,
      });
    }),
  );
});

test.each([
  "",
  "dominate",
  "dominate:1",
  "dominate:1:-2",
  "dominate:1:99999999999999999999",
  "dominate:9999999999:1",
  "a b:1:2",
  "a:1:2\n",
])("%j is no position", (value) => {
  expect(parsePosition(value)).toBeUndefined();
});

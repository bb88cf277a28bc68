import { validate, version } from "uuid";
import { expect, test } from "vitest";
import { event as contract } from "../../events/event.ts";
import { backoff } from "./courier.ts";
import { delayOf } from "./deliver.ts";
import { enqueue, uuidv7 } from "./event.ts";

test("ids are UUIDs of version 7 that grow with time", () => {
  const ids = [1_000_000, 1_700_000_000_000, 1_800_000_000_000].map(uuidv7);
  for (const id of ids) expect([validate(id), version(id)]).toEqual([true, 7]);
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(Array.from({ length: 10_000 }, () => uuidv7(1))).size).toBe(10_000);
});

test("what is tracked keeps the contract", () => {
  const sale = {
    event_type: "ticket_purchase",
    event_id: "c-1",
    quantity: 2,
    price: "12.50",
    currency: "EUR",
  };
  const { id, text, bytes } = enqueue({ ...sale, user_id: "zoë 👋", properties: { seat: { row: 3 } } });
  expect(bytes).toBe(Buffer.byteLength(text));
  expect(contract.decode(Buffer.from(text))).toMatchObject({
    ok: true,
    event: { id, user_id: "zoë 👋", price: 125_000, properties: [["seat", '{"row":3}']] },
  });
});

test("what is no JSON is refused where it is tracked", () => {
  expect(() => enqueue({ event_type: "x", properties: { many: 1n } })).toThrow(TypeError);
});

test("Retry-After is seconds or a date", () => {
  expect([delayOf(null), delayOf("soon"), delayOf("3")]).toEqual([undefined, undefined, 3000]);
  expect(delayOf("Thu, 01 Jan 1970 00:00:10 GMT", 4000)).toBe(6000);
  expect(delayOf("Thu, 01 Jan 1970 00:00:10 GMT", 14_000)).toBe(0);
});

test("pauses double from the first one to half a minute, and each is a random part of that", () => {
  expect([1, 2, 3, 6, 7, 1000].map((failures) => backoff(failures, 500, 1))).toEqual([
    500, 1000, 2000, 16_000, 30_000, 30_000,
  ]);
  expect(backoff(3, 500, 0.25)).toBe(500);
  const drawn = Array.from({ length: 50 }, () => backoff(3, 500));
  expect(new Set(drawn).size).toBe(50);
  expect(Math.max(...drawn)).toBeLessThan(2000);
});

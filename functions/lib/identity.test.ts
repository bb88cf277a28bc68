import { expect, test } from "vitest";
import { type Position, parsePosition } from "../../events/origin.ts";
import { areRising, isOneOf, messageId, originPosition } from "./identity.ts";
import type { KafkaPlace, RabbitMQPlace } from "./message.ts";

test("a list longer than a server takes as one parameter is bound as several, with every value in one of them", () => {
  const ids = Array.from({ length: 10_000 }, (_, n) => `${n}`.padStart(36, "0"));
  const { where, params } = isOneOf("_message_id", "String", ids);
  const lists = Object.values(params) as string[][];
  expect(lists.flat()).toEqual(ids);
  for (const list of lists) expect(2 * JSON.stringify(list).length).toBeLessThan(131_072 * 1.1);
  expect(where.match(/_message_id IN/g)).toHaveLength(lists.length);
  for (const name of Object.keys(params)) expect(where).toContain(`{${name}: Array(String)}`);
});

test("no values: nothing is one of them", () => {
  expect(isOneOf("k", "String", [])).toEqual({ where: "(false)", params: {} });
});

const said = (id: string, redelivered: boolean): RabbitMQPlace => ({
  queue: "q",
  messageId: id,
  redelivered,
});

test("a message that the broker hands out for the first time was not written by an earlier delivery of it", () => {
  expect(messageId.again([said("a", false)])).toBeUndefined();
  expect(messageId.again([said("a", false), said("b", true)])?.params).toMatchObject({
    _message_id_0: ["b"],
  });
});

test("another copy of a rating is looked up where it was read, not by its origin", () => {
  const place: KafkaPlace = {
    topic: "shadow",
    partition: 3,
    offset: 9,
    origin: { topic: "dominate", partition: 1, offset: 7 },
  };
  expect(originPosition.find([place])?.params).toMatchObject({ t0: "dominate", p0: 1, first0: 7 });
  expect(originPosition.again([place])?.params).toMatchObject({ t0: "shadow", p0: 3, first0: 9 });
});

test.each([
  [true, "partition after partition, each in order, with gaps", "0:1 0:5 3:2 1:9"],
  [true, "nothing", ""],
  [false, "the same twice", "0:1 0:1"],
  [false, "a later one first", "0:2 0:1"],
  [false, "a partition that comes back", "0:1 1:1 0:2"],
])("rising: %s for %s", (rises, _what, places) => {
  const positions = places
    .split(" ")
    .filter(Boolean)
    .map((place) => parsePosition(`t:${place}`) as Position);
  expect(areRising(positions, (position) => position)).toBe(rises);
});

test("the same offset in another topic is no copy", () => {
  const positions = ["a", "b"].map((topic) => ({ topic, partition: 0, offset: 1 }));
  expect(areRising(positions, (position) => position)).toBe(true);
});

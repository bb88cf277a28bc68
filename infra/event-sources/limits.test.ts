import { expect, test } from "vitest";
import { checkEvent } from "./limits.ts";

const given = {
  kafka: { topic: "orders", bootstrapServers: "b-1:9092" },
  msk: { topic: "orders", arn: "arn:aws:kafka:x" },
  rabbitmq: { queue: "chat", arn: "arn:aws:mq:x", basicAuthArn: "arn:aws:secretsmanager:x" },
};
const check = (kind: keyof typeof given, more: Record<string, unknown>) => () =>
  checkEvent("store: the event", kind, { ...given[kind], ...more });

test.each([
  ["kafka", { batchSize: 0 }, "has batchSize 0: it must be a whole number from 1 to 10000."],
  ["rabbitmq", { batchSize: 1.5 }, "has batchSize 1.5: it must be a whole number from 1 to 10000."],
  ["msk", { maximumBatchingWindow: 301 }, "has maximumBatchingWindow 301: it must be a whole number"],
  ["kafka", { maximumBatchingWindow: 0.5 }, "has maximumBatchingWindow 0.5: it must be a whole number"],
  ["kafka", { consumerGroupId: "my group" }, "has consumerGroupId my group: it must be at most 200 of"],
  [
    "kafka",
    { startingPosition: "EARLIEST" },
    "has startingPosition EARLIEST: there are LATEST, TRIM_HORIZON",
  ],
  ["msk", { startingPosition: "AT_TIMESTAMP" }, "starts AT_TIMESTAMP and needs startingPositionTimestamp"],
  [
    "msk",
    { startingPositionTimestamp: 99_999_999_999 },
    "99999999999, which is still to come (Unix seconds).",
  ],
  [
    "kafka",
    { provisionedPollerConfig: { minimumPollers: 3, maximumPollers: 2 } },
    "has more minimumPollers (3)",
  ],
  ["kafka", { consumptionMode: "Queue" }, "has consumptionMode, which is unknown."],
  ["rabbitmq", { startingPosition: "LATEST" }, "has startingPosition, which AWS offers for Kafka only."],
  ["kafka", { topic: undefined }, "needs topic."],
  ["rabbitmq", { basicAuthArn: undefined }, "needs basicAuthArn."],
] as const)("a %s event with %j is refused by name", (kind, more, reason) => {
  expect(check(kind, more)).toThrow("store: the event ");
  expect(check(kind, more)).toThrow(reason);
});

test("an event as AWS takes it is let through", () => {
  const starts = { startingPosition: "AT_TIMESTAMP", startingPositionTimestamp: 1_700_000_000 };
  const consumerGroupId = "a-Z0/*:_+=.@";
  for (const kind of ["kafka", "msk"] as const)
    expect(check(kind, { ...starts, consumerGroupId })).not.toThrow();
  expect(check("rabbitmq", { virtualHost: "prod", maximumBatchingWindow: 300 })).not.toThrow();
});

import { describe, expect, test } from "vitest";
import { readMappings, type Service } from "./definition.ts";

const service = (events: Record<string, unknown>[], stage = "dev"): Service => ({
  service: "shop",
  stage,
  functions: { store: { events } },
});
const orders = { topic: "orders", bootstrapServers: ["b-1:9092", "b-2:9092"] };

describe("mappings read from serverless.yml", () => {
  test("a kafka event gets AWS's defaults", () => {
    expect(readMappings(service([{ kafka: orders }]))).toEqual([
      {
        functionKey: "store",
        source: "kafka",
        topic: "orders",
        bootstrapServers: ["b-1:9092", "b-2:9092"],
        group: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-5/),
        startingPosition: "TRIM_HORIZON",
        enabled: true,
        batchSize: 100,
        window: 500,
      },
    ]);
  });

  test("windows are seconds, and one of 0 is not an unset one", () => {
    const windowOf = (maximumBatchingWindow?: number) =>
      readMappings(service([{ kafka: { ...orders, maximumBatchingWindow } }]))[0]?.window;
    expect([windowOf(undefined), windowOf(0), windowOf(3)]).toEqual([500, 0, 3000]);
  });

  test("a msk event knows its cluster, an event source by CloudFormation reference is named by it", () => {
    const arn = "arn:aws:kafka:eu-central-1:1:cluster/c/1";
    expect(readMappings(service([{ msk: { arn, topic: "t" } }]))[0]).toMatchObject({ source: "msk", arn });
    expect(readMappings(service([{ msk: { arn: { Ref: "Cluster" }, topic: "t" } }]))[0]).toMatchObject({
      arn: "Cluster",
    });
  });

  test("a rabbitmq event keeps its virtual host apart from an unset one", () => {
    const event = { queue: "q", arn: "arn:mq", basicAuthArn: "arn:secret", batchSize: 7, enabled: false };
    expect(
      readMappings(service([{ rabbitmq: event }, { rabbitmq: { ...event, virtualHost: "prod" } }])),
    ).toEqual([
      {
        functionKey: "store",
        source: "rabbitmq",
        queue: "q",
        arn: "arn:mq",
        basicAuthArn: "arn:secret",
        batchSize: 7,
        window: 500,
        enabled: false,
      },
      expect.objectContaining({ vhost: "prod" }),
    ]);
  });

  test("other events and functions without events are left alone", () => {
    expect(readMappings(service([{ httpApi: "GET /" }, { schedule: "rate(1 minute)" }]))).toEqual([]);
    expect(readMappings({ service: "s", stage: "dev", functions: { idle: {} } })).toEqual([]);
  });
});

describe("the default consumer group", () => {
  const groupOf = (given: Service) =>
    readMappings(given).map((mapping) => "group" in mapping && mapping.group);

  test("stays the same from run to run and differs by service, stage, function, source and topic", () => {
    expect(groupOf(service([{ kafka: orders }]))).toEqual(["61ba545c-967f-5420-a758-58568b7b4ab5"]);
    const others = [
      service([{ kafka: orders }], "prod"),
      service([{ kafka: { ...orders, topic: "returns" } }]),
      service([{ msk: { ...orders, arn: "arn:x" } }]),
      { ...service([{ kafka: orders }]), service: "other" },
      { ...service([]), functions: { other: { events: [{ kafka: orders }] } } },
    ].flatMap(groupOf);
    expect(new Set([...others, ...groupOf(service([{ kafka: orders }]))]).size).toBe(6);
  });

  test("gives way to a given one", () => {
    expect(groupOf(service([{ kafka: { ...orders, consumerGroupId: "mine" } }]))).toEqual(["mine"]);
  });
});

test("AT_TIMESTAMP takes Unix seconds, and is refused without them", () => {
  const at = { ...orders, startingPosition: "AT_TIMESTAMP" };
  expect(
    readMappings(service([{ kafka: { ...at, startingPositionTimestamp: 1700000000 } }]))[0],
  ).toMatchObject({
    startingTimestamp: 1700000000000,
  });
  expect(() => readMappings(service([{ kafka: at }]))).toThrow(
    "store: the kafka event on orders starts AT_TIMESTAMP and needs startingPositionTimestamp (Unix seconds).",
  );
});

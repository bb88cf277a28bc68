import { describe, expect, test } from "vitest";
import { defaultChoices } from "./choices.ts";
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
        access: {},
        choices: defaultChoices,
        uuid: "61ba545c-967f-5420-a758-58568b7b4ab5",
        group: "61ba545c-967f-5420-a758-58568b7b4ab5",
        startingPosition: "TRIM_HORIZON",
        retry: {
          attempts: Number.POSITIVE_INFINITY,
          recordAge: Number.POSITIVE_INFINITY,
          bisect: false,
          itemFailures: false,
        },
        concurrency: 1,
        provisioned: false,
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
        choices: defaultChoices,
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
      service([{ msk: { topic: "orders", arn: "arn:x" } }]),
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

describe("retries", () => {
  const retryOf = (more: Record<string, unknown>) => {
    const [mapping] = readMappings(service([{ kafka: { ...orders, ...more } }]));
    return mapping !== undefined && "retry" in mapping ? mapping.retry : undefined;
  };

  test("are as told, and 10 with a destination unless told otherwise", () => {
    expect(
      retryOf({
        maximumRetryAttempts: 0,
        maximumRecordAgeInSeconds: 60,
        bisectBatchOnFunctionError: true,
        functionResponseType: "ReportBatchItemFailures",
      }),
    ).toEqual({ attempts: 0, recordAge: 60_000, bisect: true, itemFailures: true });
    const onFailureDestination = "arn:aws:sqs:us-east-1:0:dead";
    expect(retryOf({ onFailureDestination })).toMatchObject({
      attempts: 10,
      destination: onFailureDestination,
    });
    expect(retryOf({ onFailureDestination, maximumRetryAttempts: -1 })).toMatchObject({ attempts: 10 });
    expect(retryOf({ onFailureDestination, maximumRetryAttempts: 3 })).toMatchObject({ attempts: 3 });
  });

  test("that AWS does not offer are refused, naming function and event", () => {
    const name = "store: the kafka event on orders has";
    expect(() => retryOf({ maximumRetryAttempts: 10_001 })).toThrow(
      `${name} maximumRetryAttempts 10001: it must be -1 or a whole number from 0 to 10000.`,
    );
    expect(() => retryOf({ maximumRecordAgeInSeconds: 59 })).toThrow(
      `${name} maximumRecordAgeInSeconds 59: it must be -1 or a whole number from 60 to 604800.`,
    );
    expect(() => retryOf({ onFailureDestination: "kafka://orders" })).toThrow(`${name} its own topic`);
    expect(() => retryOf({ onFailureDestination: "arn:aws:lambda:x" })).toThrow(
      `${name} onFailureDestination arn:aws:lambda`,
    );
    const rabbitmq = { queue: "q", arn: "a", basicAuthArn: "s", bisectBatchOnFunctionError: true };
    expect(() => readMappings(service([{ rabbitmq }]))).toThrow(
      "store: the rabbitmq event on q has bisectBatchOnFunctionError, which AWS offers for Kafka only.",
    );
  });
});

test("a filter that Lambda does not know is refused, naming function and event", () => {
  const filterPatterns = [{ value: { a: [{ wildcard: "*" }] } }];
  expect(() => readMappings(service([{ kafka: { ...orders, filterPatterns } }]))).toThrow(
    'store: the kafka event on orders: filter pattern value.a: Lambda has no rule {"wildcard":"*"}.',
  );
});

test("provisioned pollers run five invocations each", () => {
  const provisionedPollerConfig = { minimumPollers: 2 };
  expect(readMappings(service([{ kafka: { ...orders, provisionedPollerConfig } }]))[0]).toMatchObject({
    concurrency: 10,
    provisioned: true,
  });
});

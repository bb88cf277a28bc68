import { afterAll, beforeAll, expect, test } from "vitest";
import { readMappings } from "./definition.ts";
import { brokerArn, secretArn } from "./fixture-brokers.ts";
import { FixtureService } from "./fixture-service.ts";
import { serviceOfTemplate } from "./template.ts";

const cluster = "arn:aws:kafka:us-east-1:000000000000:cluster/shop/00000000-0000-0000-0000-000000000000-1";
const destination = "arn:aws:sqs:us-east-1:000000000000:dead";
const retries = {
  provisionedPollerConfig: { minimumPollers: 1, maximumPollers: 2 },
  maximumRetryAttempts: 3,
  maximumRecordAgeInSeconds: 60,
  bisectBatchOnFunctionError: true,
  functionResponseType: "ReportBatchItemFailures",
  onFailureDestination: destination,
};
const kafka = {
  bootstrapServers: ["b-1.example.com:9096"],
  accessConfigurations: { saslScram512Auth: secretArn },
};

const filterPatterns = [{ value: { kind: ["sale"] } }];
const events = [
  {
    kafka: {
      bootstrapServers: ["b-1:9096", "b-2:9096"],
      accessConfigurations: { saslScram512Auth: [secretArn], serverRootCaCertificate: [secretArn] },
      topic: "orders",
      batchSize: 7,
      maximumBatchingWindow: 0,
      consumerGroupId: "shop",
      enabled: false,
      ...retries,
    },
  },
  {
    msk: {
      arn: cluster,
      topic: "returns",
      startingPosition: "AT_TIMESTAMP",
      startingPositionTimestamp: 1,
      saslScram512: secretArn,
    },
  },
  { rabbitmq: { arn: brokerArn, basicAuthArn: secretArn, queue: "chat", virtualHost: "prod" } },
];

const service = new FixtureService({ env: {}, command: ["package"] });
const nothing = async () => {};

beforeAll(async () => {
  service.function(
    {
      events: [
        {
          kafka: {
            ...kafka,
            topic: "orders.v1",
            maximumBatchingWindow: 0,
            consumerGroupId: "shop",
            ...retries,
          },
        },
        { kafka: { ...kafka, topic: "orders.v2" } },
        { msk: { arn: cluster, topic: "orders", maximumBatchingWindow: 0, ...retries } },
        { rabbitmq: { arn: brokerArn, basicAuthArn: secretArn, queue: "chat", maximumBatchingWindow: 0 } },
      ],
    },
    nothing,
  );
  service.function(
    { events: [...events, { kafka: { ...kafka, topic: "filtered", filterPatterns } }] },
    nothing,
  );
  await service.start();
  expect(await service.exited(), service.output).toBe(0);
});

afterAll(() => service[Symbol.asyncDispose]());

test("what the framework does not know is packaged for CloudFormation too", () => {
  const properties = (id: string) =>
    service.template().Resources[`Probe1EventSourceMapping${id}`]?.Properties;
  const added = {
    MaximumBatchingWindowInSeconds: 0,
    ProvisionedPollerConfig: { MinimumPollers: 1, MaximumPollers: 2 },
    MaximumRetryAttempts: 3,
    MaximumRecordAgeInSeconds: 60,
    BisectBatchOnFunctionError: true,
    FunctionResponseTypes: ["ReportBatchItemFailures"],
    DestinationConfig: { OnFailure: { Destination: destination } },
  };
  expect(properties("KafkaOrdersv1")).toMatchObject({
    ...added,
    Topics: ["orders.v1"],
    SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: "shop" },
  });
  expect(properties("MSKShopOrders")).toMatchObject({ ...added, EventSourceArn: cluster });
  expect(properties("RabbitMQChat")).toMatchObject({ Queues: ["chat"], MaximumBatchingWindowInSeconds: 0 });
  expect(Object.keys(properties("KafkaOrdersv2") ?? {}).sort()).toEqual([
    "FunctionName",
    "SelfManagedEventSource",
    "SourceAccessConfigurations",
    "StartingPosition",
    "Topics",
  ]);
});

test("the template's mappings are those of serverless.yml again", () => {
  const { service: read, names } = serviceOfTemplate(service.template());
  expect(Object.fromEntries(names)).toMatchObject({ Probe2LambdaFunction: `${service.name}-dev-probe2` });
  const [first, filtered, third, second] = readMappings(read).filter(
    ({ functionKey }) => functionKey === "Probe2LambdaFunction",
  );
  const original = readMappings({ ...read, functions: { Probe2LambdaFunction: { events } } });
  expect([first, second, third]).toEqual(original);
  expect(filtered?.filter?.(Buffer.from('{"kind": "sale"}'))).toBe(true);
  expect(filtered?.filter?.(Buffer.from('{"kind": "view"}'))).toBe(false);
});

const orders = { kafka: { ...kafka, topic: "orders" } };

test.each([
  {
    what: "a mapping that AWS would refuse",
    events: [{ kafka: { ...orders.kafka, filterPatterns: [{ key: ["x"] }] } }],
    reason: 'probe1: the kafka event on orders: a filter pattern may only have value, not "key"',
  },
  {
    what: "a mapping that the framework would not package",
    events: [orders, { kafka: { ...orders.kafka, consumerGroupId: "other" } }],
    reason: "probe1: the kafka event on orders is there twice; the framework packages one.",
  },
])("$what is refused", async ({ events, reason }) => {
  await using refused = new FixtureService({ env: {}, command: ["package"] });
  refused.function({ events }, nothing);
  await refused.start();
  expect([await refused.exited(), refused.output]).toEqual([1, expect.stringContaining(reason)]);
  expect(refused.output).not.toContain("    at ");
});

import { expect, test } from "vitest";
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

test("what the framework does not know is packaged for CloudFormation too", async () => {
  await using service = new FixtureService({ env: {}, command: ["package"] });
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
    async () => {},
  );
  await service.start();
  expect(await service.exited(), service.output).toBe(0);
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

test("the template's mappings are those of serverless.yml again", async () => {
  await using service = new FixtureService({ env: {}, command: ["package"] });
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
  service.function(
    { events: [...events, { kafka: { ...kafka, topic: "filtered", filterPatterns } }] },
    async () => {},
  );
  await service.start();
  expect(await service.exited(), service.output).toBe(0);
  const { service: read, names } = serviceOfTemplate(service.template());
  expect([...names]).toEqual([["Probe1LambdaFunction", `${service.name}-dev-probe1`]]);
  const [first, filtered, third, second] = readMappings(read);
  const original = readMappings({ ...read, functions: { Probe1LambdaFunction: { events } } });
  expect([first, second, third]).toEqual(original);
  expect(filtered?.filter?.(Buffer.from('{"kind": "sale"}'))).toBe(true);
  expect(filtered?.filter?.(Buffer.from('{"kind": "view"}'))).toBe(false);
});

test.each([
  [{ maximumRetryAttempts: 10_001 }, /maximumRetryAttempts.*must be <= 10000/],
  [
    { filterPatterns: [{ key: ["x"] }] },
    /probe1: the kafka event on orders: a filter pattern may only have value, not "key"/,
  ],
])("a mapping that AWS would refuse is refused: %j", async (event, reason) => {
  await using service = new FixtureService({ env: {}, command: ["package"] });
  service.function({ events: [{ kafka: { ...kafka, topic: "orders", ...event } }] }, async () => {});
  await service.start();
  const code = await service.exited();
  expect([code, service.output]).toEqual([1, expect.stringMatching(reason)]);
});

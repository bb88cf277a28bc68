import { expect, test } from "vitest";
import { parse } from "yaml";
import { readMappings } from "./definition.ts";
import { serviceOfTemplate } from "./template.ts";

const sam = parse(`
Resources:
  Store:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: shop-store
      Events:
        Orders:
          Type: SelfManagedKafka
          Properties:
            KafkaBootstrapServers: [b-1:9092]
            Topics: [orders]
            ConsumerGroupId: shop
            BatchSize: 7
            SourceAccessConfigurations: [{ Type: SASL_SCRAM_512_AUTH, URI: "arn:secret" }]
        Returns: { Type: MSK, Properties: { Stream: "arn:msk", Topics: [returns], StartingPosition: LATEST } }
        Chat:
          Type: MQ
          Properties:
            Broker: arn:mq
            Queues: [chat]
            SourceAccessConfigurations: [{ Type: BASIC_AUTH, URI: "arn:secret" }]
        Web: { Type: HttpApi }
`);

test("the events of a SAM function are its mappings", () => {
  const { service, names } = serviceOfTemplate(sam);
  expect(Object.fromEntries(names)).toEqual({ Store: "shop-store" });
  expect(readMappings(service)).toMatchObject([
    { topic: "orders", group: "shop", batchSize: 7, access: { saslScram512Auth: ["arn:secret"] } },
    { source: "msk", topic: "returns", arn: "arn:msk", startingPosition: "LATEST" },
    { queue: "chat", arn: "arn:mq", basicAuthArn: "arn:secret" },
  ]);
});

test.each([
  ["ConsumptionMode Queue", { ConsumptionMode: "Queue" }],
  ["SchemaRegistryConfig", { SchemaRegistryConfig: { EventRecordFormat: "JSON" } }],
])("a mapping with %s is refused rather than run as what it is not", (what, config) => {
  const Properties = {
    FunctionName: { Ref: "Store" },
    Topics: ["orders"],
    SelfManagedEventSource: { Endpoints: { KafkaBootstrapServers: ["b-1:9092"] } },
    SelfManagedKafkaEventSourceConfig: config,
  };
  const template = { Resources: { Mapping: { Type: "AWS::Lambda::EventSourceMapping", Properties } } };
  expect(() => serviceOfTemplate(template)).toThrow(
    `Store: the mapping of orders has ${what}, which is not emulated.`,
  );
});

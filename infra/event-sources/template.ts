import type { Service } from "./definition.ts";

/** A CloudFormation template, as far as event source mappings need it. */
export interface Template {
  Resources: Record<string, { Type: string; Properties?: Properties }>;
}

type Properties = Record<string, unknown>;

/**
 * The service that a template describes, in the words of serverless.yml, so that one reader serves both.
 * @returns `names`: from a function's key here, its logical id, to the name it is invoked by.
 */
export function serviceOfTemplate(template: Template): { service: Service; names: Map<string, string> } {
  const functions: Service["functions"] = {};
  const names = new Map<string, string>();
  for (const [key, properties] of mappingsOf(template)) {
    const event = eventOf(properties);
    if (event === undefined) continue;
    refuseWhatIsNotEmulated(key, properties);
    const name = template.Resources[key]?.Properties?.FunctionName;
    names.set(key, typeof name === "string" && !name.includes("${") ? name : key);
    functions[key] = { events: [...(functions[key]?.events ?? []), event] };
  }
  return { service: { service: "cloudformation", stage: "template", functions }, names };
}

/** By the logical id of its function, the properties of each mapping. */
function* mappingsOf({ Resources }: Template): Generator<[functionId: string, Properties]> {
  for (const [id, { Type, Properties = {} }] of Object.entries(Resources)) {
    if (Type === "AWS::Lambda::EventSourceMapping") yield [referenceOf(Properties.FunctionName), Properties];
    if (Type !== "AWS::Serverless::Function") continue;
    for (const { Type, Properties: event } of Object.values(
      (Properties.Events ?? {}) as Template["Resources"],
    )) {
      const mapping = ofSam[Type]?.(event ?? {});
      if (mapping !== undefined) yield [id, { ...event, ...mapping }];
    }
  }
}

/** What SAM calls otherwise than CloudFormation, by type of event. */
const ofSam: Record<string, (event: Properties) => Properties> = {
  MSK: ({ Stream, ConsumerGroupId }) => ({
    EventSourceArn: Stream,
    AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId },
  }),
  SelfManagedKafka: ({ KafkaBootstrapServers, ConsumerGroupId }) => ({
    SelfManagedEventSource: { Endpoints: { KafkaBootstrapServers } },
    SelfManagedKafkaEventSourceConfig: { ConsumerGroupId },
  }),
  MQ: ({ Broker }) => ({ EventSourceArn: Broker }),
};

/** @throws rather than to run a mapping as what it is not. */
function refuseWhatIsNotEmulated(functionId: string, properties: Properties): void {
  const config =
    properties.SelfManagedKafkaEventSourceConfig ?? properties.AmazonManagedKafkaEventSourceConfig;
  const found = [
    at(config, "ConsumptionMode") === "Queue" && "ConsumptionMode Queue",
    at(config, "SchemaRegistryConfig") !== undefined && "SchemaRegistryConfig",
    properties.SchemaRegistryConfig !== undefined && "SchemaRegistryConfig",
  ].find(Boolean);
  if (found)
    throw new Error(
      `${functionId}: the mapping of ${properties.Topics} has ${found}, which is not emulated.`,
    );
}

/** Undefined for a source of another kind, as SQS. */
function eventOf(properties: Properties): Record<string, unknown> | undefined {
  const { Topics, Queues, EventSourceArn, SelfManagedEventSource } = properties as Record<string, string[]>;
  const access = accessOf(properties.SourceAccessConfigurations);
  const common = {
    batchSize: properties.BatchSize,
    maximumBatchingWindow: properties.MaximumBatchingWindowInSeconds,
    enabled: properties.Enabled,
    filterPatterns: at<{ Pattern: string }[]>(properties, "FilterCriteria", "Filters")?.map(({ Pattern }) =>
      JSON.parse(Pattern),
    ),
  };
  if (Queues !== undefined) {
    const { BASIC_AUTH = [], VIRTUAL_HOST = [] } = access;
    const event = {
      ...common,
      queue: Queues[0],
      arn: EventSourceArn,
      basicAuthArn: BASIC_AUTH[0],
      virtualHost: VIRTUAL_HOST[0],
    };
    return { rabbitmq: defined(event) };
  }
  if (Topics === undefined) return undefined;
  const pollers = properties.ProvisionedPollerConfig as { MinimumPollers?: number } | undefined;
  const kafka = {
    ...common,
    topic: Topics[0],
    startingPosition: properties.StartingPosition,
    startingPositionTimestamp: properties.StartingPositionTimestamp,
    consumerGroupId:
      at(properties, "SelfManagedKafkaEventSourceConfig", "ConsumerGroupId") ??
      at(properties, "AmazonManagedKafkaEventSourceConfig", "ConsumerGroupId"),
    maximumRetryAttempts: properties.MaximumRetryAttempts,
    maximumRecordAgeInSeconds: properties.MaximumRecordAgeInSeconds,
    bisectBatchOnFunctionError: properties.BisectBatchOnFunctionError,
    functionResponseType: (properties.FunctionResponseTypes as string[] | undefined)?.[0],
    onFailureDestination: at(properties, "DestinationConfig", "OnFailure", "Destination"),
    provisionedPollerConfig: pollers && { minimumPollers: pollers.MinimumPollers },
  };
  if (SelfManagedEventSource === undefined) {
    return { msk: defined({ ...kafka, arn: EventSourceArn, saslScram512: access.SASL_SCRAM_512_AUTH?.[0] }) };
  }
  const bootstrapServers = at(properties, "SelfManagedEventSource", "Endpoints", "KafkaBootstrapServers");
  const accessConfigurations = defined({
    saslPlainAuth: access.BASIC_AUTH,
    saslScram256Auth: access.SASL_SCRAM_256_AUTH,
    saslScram512Auth: access.SASL_SCRAM_512_AUTH,
    clientCertificateTlsAuth: access.CLIENT_CERTIFICATE_TLS_AUTH,
    serverRootCaCertificate: access.SERVER_ROOT_CA_CERTIFICATE,
  });
  return { kafka: defined({ ...kafka, bootstrapServers, accessConfigurations }) };
}

function accessOf(configurations: unknown): Record<string, string[]> {
  const access: Record<string, string[]> = {};
  for (const { Type, URI } of (configurations ?? []) as { Type: string; URI: string }[]) {
    access[Type] = [...(access[Type] ?? []), URI];
  }
  return access;
}

/** The logical id in `{Ref}`, `{Fn::GetAtt: [id, Arn]}` or their short forms; else the name or ARN itself. */
function referenceOf(value: unknown): string {
  if (typeof value === "string")
    return (
      value
        .split(":")
        .at(-1)
        ?.replace(/\.Arn$/, "") ?? value
    );
  const [reference] = Object.values(value as object);
  return String(Array.isArray(reference) ? reference[0] : reference).replace(/\.Arn$/, "");
}

function at<T = unknown>(value: unknown, ...path: string[]): T | undefined {
  return path.reduce((node, key) => (node as Properties | undefined)?.[key], value) as T | undefined;
}

const defined = (properties: Properties): Properties =>
  Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));

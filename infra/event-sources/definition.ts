import { v5 as uuidv5 } from "uuid";

/** One event source mapping, as a `kafka`, `msk` or `rabbitmq` event of serverless.yml describes it. */
export type Mapping = KafkaMapping | RabbitMQMapping;

interface Common {
  /** Key of the function in serverless.yml. */
  functionKey: string;
  enabled: boolean;
  /** Most records of one invocation. */
  batchSize: number;
  /** Milliseconds a batch waits for more after its first record. */
  window: number;
}

export interface KafkaMapping extends Common {
  source: "kafka" | "msk";
  topic: string;
  /** Of the MSK cluster; absent for self-managed Kafka. */
  arn?: string;
  /** As written in serverless.yml; empty for MSK. */
  bootstrapServers: string[];
  group: string;
  startingPosition: "LATEST" | "TRIM_HORIZON" | "AT_TIMESTAMP";
  /** Epoch milliseconds, with AT_TIMESTAMP. */
  startingTimestamp?: number;
}

export interface RabbitMQMapping extends Common {
  source: "rabbitmq";
  queue: string;
  vhost?: string;
  arn: string;
  basicAuthArn: string;
}

/** The parts of serverless.yml that mappings are read from. */
export interface Service {
  service: string;
  stage: string;
  functions: Record<string, { events?: Record<string, unknown>[] | null }>;
}

/** Every mapping of the service, disabled ones too, in the order of serverless.yml. */
export function readMappings(service: Service): Mapping[] {
  return Object.entries(service.functions).flatMap(([functionKey, { events }]) =>
    (events ?? []).flatMap((event): Mapping[] => {
      if (isRecord(event.kafka)) return [readKafka(service, functionKey, "kafka", event.kafka)];
      if (isRecord(event.msk)) return [readKafka(service, functionKey, "msk", event.msk)];
      if (isRecord(event.rabbitmq)) return [readRabbitMQ(functionKey, event.rabbitmq)];
      return [];
    }),
  );
}

type Event = Record<string, unknown>;

function readKafka(
  service: Service,
  functionKey: string,
  source: "kafka" | "msk",
  event: Event,
): KafkaMapping {
  const topic = event.topic as string;
  const startingPosition = (event.startingPosition ?? "TRIM_HORIZON") as KafkaMapping["startingPosition"];
  const timestamp = event.startingPositionTimestamp as number | undefined;
  if (startingPosition === "AT_TIMESTAMP" && timestamp === undefined) {
    throw new Error(
      `${functionKey}: the ${source} event on ${topic} starts AT_TIMESTAMP and needs startingPositionTimestamp (Unix seconds).`,
    );
  }
  return {
    ...readCommon(functionKey, event),
    source,
    topic,
    ...(source === "msk" && { arn: arnOf(event.arn) }),
    bootstrapServers: (event.bootstrapServers ?? []) as string[],
    group:
      (event.consumerGroupId as string | undefined) ??
      uuidv5([service.service, service.stage, functionKey, source, topic].join("/"), groups),
    startingPosition,
    ...(timestamp !== undefined && { startingTimestamp: timestamp * 1000 }),
  };
}

function readRabbitMQ(functionKey: string, event: Event): RabbitMQMapping {
  return {
    ...readCommon(functionKey, event),
    source: "rabbitmq",
    queue: event.queue as string,
    ...(event.virtualHost !== undefined && { vhost: event.virtualHost as string }),
    arn: arnOf(event.arn),
    basicAuthArn: arnOf(event.basicAuthArn),
  };
}

function readCommon(functionKey: string, event: Event): Common {
  return {
    functionKey,
    enabled: (event.enabled ?? true) as boolean,
    batchSize: (event.batchSize ?? 100) as number,
    window: event.maximumBatchingWindow === undefined ? 500 : (event.maximumBatchingWindow as number) * 1000,
  };
}

/** An ARN known only to CloudFormation is named by what it refers to. */
function arnOf(value: unknown): string {
  if (typeof value === "string") return value;
  return String(isRecord(value) ? Object.values(value)[0] : value);
}

const isRecord = (value: unknown): value is Event => typeof value === "object" && value !== null;

/** Namespace of default consumer groups: the same mapping keeps its group, and so its offsets, over restarts. */
const groups = "5c1a1d5e-0f0e-5d0e-9a53-6b8f1a2f7c11";

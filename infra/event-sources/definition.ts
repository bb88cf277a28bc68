import { v5 as uuidv5 } from "uuid";
import { type Choices, defaultChoices } from "./choices.ts";
import { compileFilter, type Filter } from "./filter.ts";
import type { AccessConfigurations } from "./kafka-security.ts";
import { checkEvent, type Event, readOptionalLimit } from "./limits.ts";

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
  /** Absent: everything is let through. */
  filter?: Filter;
  choices: Choices;
}

/** What happens to a batch whose invocation failed. Without a limit it is repeated until it succeeds. */
export interface RetryPolicy {
  /** Invocations after the first. */
  attempts: number;
  /** Milliseconds; older records are given up. */
  recordAge: number;
  /** Whether a failed batch is halved. */
  bisect: boolean;
  /** Whether the function's response names the records that failed. */
  itemFailures: boolean;
  /** `kafka://<topic>`, or the ARN of an SQS queue, SNS topic or S3 bucket, for what is given up. */
  destination?: string;
}

export interface KafkaMapping extends Common {
  source: "kafka" | "msk";
  topic: string;
  /** Stays the same over restarts. */
  uuid: string;
  /** Of the MSK cluster; absent for self-managed Kafka. */
  arn?: string;
  /** As written in serverless.yml; empty for MSK. */
  bootstrapServers: string[];
  access: AccessConfigurations;
  group: string;
  startingPosition: "LATEST" | "TRIM_HORIZON" | "AT_TIMESTAMP";
  /** Epoch milliseconds, with AT_TIMESTAMP. */
  startingTimestamp?: number;
  retry: RetryPolicy;
  /** Invocations at once, each with partitions of its own. */
  concurrency: number;
  /** Whether pollers are provisioned, which AWS wants for all of `retry`. Without, all invocations but one wait for a whole batch. */
  provisioned: boolean;
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
export function readMappings(service: Service, choices = defaultChoices): Mapping[] {
  return Object.entries(service.functions).flatMap(([functionKey, { events }]) =>
    (events ?? []).flatMap((event): Mapping[] => {
      if (isRecord(event.kafka)) return [readKafka(service, functionKey, "kafka", event.kafka, choices)];
      if (isRecord(event.msk)) return [readKafka(service, functionKey, "msk", event.msk, choices)];
      if (isRecord(event.rabbitmq)) return [readRabbitMQ(functionKey, event.rabbitmq, choices)];
      return [];
    }),
  );
}

function readKafka(
  service: Service,
  functionKey: string,
  source: "kafka" | "msk",
  event: Event,
  choices: Choices,
): KafkaMapping {
  const topic = event.topic as string;
  const name = `${functionKey}: the ${source} event on ${topic}`;
  checkEvent(name, source, event);
  const startingPosition = (event.startingPosition ?? "TRIM_HORIZON") as KafkaMapping["startingPosition"];
  const timestamp = event.startingPositionTimestamp as number | undefined;
  const uuid = uuidv5([service.service, service.stage, functionKey, source, topic].join("/"), mappings);
  const pollers = event.provisionedPollerConfig as { minimumPollers?: number } | undefined;
  return {
    ...readCommon(name, functionKey, event, "value", choices),
    source,
    topic,
    uuid,
    ...(source === "msk" && { arn: arnOf(event.arn) }),
    bootstrapServers: listOf(event.bootstrapServers),
    access: accessOf(
      source === "kafka" ? event.accessConfigurations : { saslScram512Auth: event.saslScram512 },
    ),
    group: (event.consumerGroupId as string | undefined) ?? uuid,
    startingPosition,
    ...(timestamp !== undefined && { startingTimestamp: timestamp * 1000 }),
    retry: readRetry(name, topic, event),
    concurrency:
      pollers === undefined ? choices.concurrency : invocationsPerPoller * (pollers.minimumPollers ?? 1),
    provisioned: pollers !== undefined,
  };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/kafka-scaling-modes.html */
const invocationsPerPoller = 5;

/** With an on-failure destination Lambda gives up by itself, after so many retries. */
const attemptsWithDestination = 10;

function readRetry(name: string, topic: string, event: Event): RetryPolicy {
  const destination = event.onFailureDestination as string | undefined;
  if (destination === `kafka://${topic}`) {
    throw new Error(
      `${name} has its own topic as onFailureDestination: what failed would come again for ever.`,
    );
  }
  if (destination !== undefined && !/^kafka:\/\/.|^arn:[^:]*:(sqs|sns|s3):/.test(destination)) {
    throw new Error(
      `${name} has onFailureDestination ${destination}: use kafka://<topic> or the ARN of an SQS queue, an SNS topic or an S3 bucket.`,
    );
  }
  const age = readOptionalLimit(name, event, "maximumRecordAgeInSeconds", 60, 604_800);
  const attempts = readOptionalLimit(name, event, "maximumRetryAttempts", 0, 10_000);
  return {
    attempts: attempts === Number.POSITIVE_INFINITY && destination ? attemptsWithDestination : attempts,
    recordAge: age * 1000,
    bisect: event.bisectBatchOnFunctionError === true,
    itemFailures: event.functionResponseType === "ReportBatchItemFailures",
    ...(destination !== undefined && { destination }),
  };
}

function readRabbitMQ(functionKey: string, event: Event, choices: Choices): RabbitMQMapping {
  const queue = event.queue as string;
  const name = `${functionKey}: the rabbitmq event on ${queue}`;
  checkEvent(name, "rabbitmq", event);
  return {
    ...readCommon(name, functionKey, event, "data", choices),
    source: "rabbitmq",
    queue,
    ...(event.virtualHost !== undefined && { vhost: event.virtualHost as string }),
    arn: arnOf(event.arn),
    basicAuthArn: arnOf(event.basicAuthArn),
  };
}

function readCommon(
  name: string,
  functionKey: string,
  event: Event,
  filterKey: "value" | "data",
  choices: Choices,
): Common {
  const window = event.maximumBatchingWindow as number | undefined;
  const patterns = event.filterPatterns as Record<string, unknown>[] | undefined;
  try {
    return {
      functionKey,
      choices,
      enabled: (event.enabled ?? true) as boolean,
      batchSize: (event.batchSize ?? 100) as number,
      window: window === undefined ? 500 : window * 1000,
      ...(patterns !== undefined && { filter: compileFilter(patterns, filterKey, choices.formatMismatch) }),
    };
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}.`, { cause: error });
  }
}

/** What the framework has not made a list of yet. */
const listOf = (value: unknown): string[] => (value === undefined ? [] : [value].flat()) as string[];

const accessOf = (configurations: unknown): AccessConfigurations =>
  Object.fromEntries(Object.entries(configurations ?? {}).map(([kind, arns]) => [kind, listOf(arns)]));

/** An ARN known only to CloudFormation is named by what it refers to. */
function arnOf(value: unknown): string {
  if (typeof value === "string") return value;
  return String(isRecord(value) ? Object.values(value)[0] : value);
}

const isRecord = (value: unknown): value is Event => typeof value === "object" && value !== null;

/** Namespace of mappings: the same one keeps its id, and so its consumer group and offsets, over restarts. */
const mappings = "5c1a1d5e-0f0e-5d0e-9a53-6b8f1a2f7c11";

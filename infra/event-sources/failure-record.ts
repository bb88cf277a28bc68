/**
 * What Lambda tells an on-failure destination of a Kafka mapping. AWS's pages spell the condition and the function's
 * ARN differently for the two kinds of destination; each is followed here.
 * https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html
 * https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure-destination.html
 */
import {
  encodeKafkaEvent,
  type KafkaEvent,
  type KafkaRecord,
  type KafkaSource,
} from "../../events/envelope/kafka.ts";

/** Records that are given up, and why. */
export interface GivenUp {
  condition: "RetryAttemptsExhausted" | "MaximumPayloadSizeExceeded" | "RecordAgeExceeded";
  /** 0: the function never saw them. */
  invocations: number;
  requestId: string;
  records: KafkaRecord[];
}

/** Whose records they are. */
export interface Origin extends KafkaSource {
  functionArn: string;
}

interface Context {
  requestContext: {
    requestId: string;
    functionArn: string;
    condition: string;
    approximateInvokeCount: number;
  };
  /** Null when the function never saw the records. */
  responseContext: { statusCode: 200; executedVersion: "$LATEST"; functionError: "Unhandled" } | null;
  version: "1.0";
  timestamp: string;
}

export interface BatchFailure extends Context {
  KafkaBatchInfo: BatchInfo & { recordsInfo: Record<string, RecordsInfo> };
}

export interface RecordFailure extends Context {
  KafkaBatchInfo: BatchInfo & { recordInfo: { offset: string; timestamp: string } };
  payload: KafkaEvent;
}

interface BatchInfo extends KafkaSource {
  batchSize: number;
  /** Bytes of the event. */
  payloadSize: number;
}

interface RecordsInfo {
  firstRecordOffset: string;
  lastRecordOffset: string;
  firstRecordTimestamp: string;
  lastRecordTimestamp: string;
}

/** For SQS, SNS and S3: the whole batch. `event` is its event as JSON, which only S3 gets too. */
export function batchFailure(
  origin: Origin,
  givenUp: GivenUp,
  now: Date,
): { failure: BatchFailure; event: string } {
  const event = JSON.stringify(encodeKafkaEvent(sourceOf(origin), givenUp.records));
  const byPartition = Map.groupBy(givenUp.records, ({ topic, partition }) => `${topic}-${partition}`);
  const recordsInfo = Object.fromEntries(
    Array.from(byPartition, ([key, records]) => [key, recordsInfoOf(records)]),
  );
  return {
    failure: {
      ...contextOf(origin.functionArn, givenUp.condition, givenUp, now),
      KafkaBatchInfo: { ...batchInfo(origin, givenUp.records.length, event), recordsInfo },
    },
    event,
  };
}

/** For a Kafka topic: one message for each record. */
export function recordFailure(
  origin: Origin,
  givenUp: GivenUp,
  record: KafkaRecord,
  now: Date,
): RecordFailure {
  const payload = encodeKafkaEvent(sourceOf(origin), [record]);
  const condition = givenUp.condition === "RetryAttemptsExhausted" ? "RetriesExhausted" : givenUp.condition;
  return {
    ...contextOf(`${origin.functionArn}:$LATEST`, condition, givenUp, now),
    KafkaBatchInfo: {
      ...batchInfo(origin, 1, JSON.stringify(payload)),
      recordInfo: { offset: String(record.offset), timestamp: new Date(record.timestamp).toISOString() },
    },
    payload,
  };
}

function contextOf(
  functionArn: string,
  condition: string,
  { invocations, requestId }: GivenUp,
  now: Date,
): Context {
  return {
    requestContext: { requestId, functionArn, condition, approximateInvokeCount: invocations },
    responseContext:
      invocations === 0 ? null : { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
    version: "1.0",
    timestamp: now.toISOString(),
  };
}

const batchInfo = (origin: Origin, batchSize: number, event: string): BatchInfo => ({
  batchSize,
  ...sourceOf(origin),
  payloadSize: Buffer.byteLength(event),
});

const sourceOf = ({ bootstrapServers, eventSourceArn }: Origin): KafkaSource => ({
  ...(eventSourceArn !== undefined && { eventSourceArn }),
  bootstrapServers,
});

function recordsInfoOf(records: KafkaRecord[]): RecordsInfo {
  const [first, last] = [records[0], records.at(-1)] as [KafkaRecord, KafkaRecord];
  return {
    firstRecordOffset: String(first.offset),
    lastRecordOffset: String(last.offset),
    firstRecordTimestamp: new Date(first.timestamp).toISOString(),
    lastRecordTimestamp: new Date(last.timestamp).toISOString(),
  };
}

import { randomUUID } from "node:crypto";
import { appendFileSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { Producer } from "@platformatic/kafka";
import { awsJson, awsRequest } from "./aws.ts";
import { batchFailure, type GivenUp, type Origin, recordFailure } from "./failure-record.ts";
import { keepListening } from "./kafka-connections.ts";
import type { KafkaClient } from "./kafka-security.ts";

/** Where records go that are given up. */
export interface Destination {
  /** @throws when it cannot be reached; the records are kept and sent again. */
  send(givenUp: GivenUp): Promise<void>;
  close(): Promise<void>;
}

export interface DestinationOptions {
  origin: Origin;
  /** Of the mapping: part of S3 keys. */
  uuid: string;
  /** Of the Kafka cluster that is polled. */
  client: KafkaClient;
  /** Of SQS, SNS or S3, or of an emulator of them; without one a line is added to `file`. */
  endpoint: string | undefined;
  file: string;
}

/** @param destination `kafka://<topic>`, or the ARN of an SQS queue, an SNS topic or an S3 bucket. */
export function openDestination(destination: string, options: DestinationOptions): Destination {
  if (destination.startsWith("kafka://"))
    return new TopicDestination(destination.slice("kafka://".length), options);
  const service = destination.split(":")[2];
  const deliver =
    options.endpoint === undefined ? appendLine : deliverers[service as keyof typeof deliverers];
  return {
    send: (givenUp) => deliver({ destination, ...options, endpoint: options.endpoint ?? "" }, givenUp),
    close: async () => {},
  };
}

/** Of one request: half of what a broker takes unless told otherwise. */
const mostBytes = 500_000;

class TopicDestination implements Destination {
  readonly #topic: string;
  readonly #origin: Origin;
  readonly #producer: Producer;

  constructor(topic: string, { origin, client }: DestinationOptions) {
    this.#topic = topic;
    this.#origin = origin;
    this.#producer = keepListening(new Producer({ ...client, clientId: "event-sources", retries: 0 }));
  }

  async send(givenUp: GivenUp): Promise<void> {
    const now = new Date();
    let messages: { topic: string; key?: Buffer; value: Buffer }[] = [];
    let bytes = 0;
    const flush = async () => {
      if (messages.length > 0) await this.#producer.send({ messages });
      messages = [];
      bytes = 0;
    };
    for (const record of givenUp.records) {
      const value = Buffer.from(JSON.stringify(recordFailure(this.#origin, givenUp, record, now)));
      if (bytes + value.length > mostBytes) await flush();
      bytes += value.length;
      messages.push({ topic: this.#topic, ...(record.key !== null && { key: record.key }), value });
    }
    await flush();
  }

  async close(): Promise<void> {
    await this.#producer.close().catch(() => {});
  }
}

type Target = DestinationOptions & { destination: string; endpoint: string };

const deliverers = {
  sqs: async ({ destination, endpoint, origin }: Target, givenUp: GivenUp) => {
    const [, , , , account, name] = destination.split(":");
    const { failure } = batchFailure(origin, givenUp, new Date());
    await awsJson(endpoint, "sqs", "AmazonSQS.SendMessage", "1.0", {
      QueueUrl: `${endpoint}/${account}/${name}`,
      MessageBody: JSON.stringify(failure),
    });
  },
  sns: async ({ destination, endpoint, origin }: Target, givenUp: GivenUp) => {
    const { failure } = batchFailure(origin, givenUp, new Date());
    const body = {
      Action: "Publish",
      Version: "2010-03-31",
      TopicArn: destination,
      Message: JSON.stringify(failure),
    };
    await awsRequest(endpoint, "sns", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(body).toString(),
    });
  },
  s3: async ({ destination, endpoint, origin, uuid }: Target, givenUp: GivenUp) => {
    const now = new Date();
    const { failure, event } = batchFailure(origin, givenUp, now);
    const partition = Object.keys(failure.KafkaBatchInfo.recordsInfo)[0];
    const [day, time] = now.toISOString().split("T") as [string, string];
    const name = `${day}T${time.slice(0, 8).replaceAll(":", ".")}-${randomUUID()}`;
    const key = `aws/lambda/${uuid}/${partition}/${day.replaceAll("-", "/")}/${name}`;
    const bucket = destination.split(":").at(-1);
    await awsRequest(`${endpoint}/${bucket}/${key}`, "s3", {
      method: "PUT",
      body: JSON.stringify({ ...failure, payload: event }),
    });
  },
};

async function appendLine({ destination, origin, file }: Target, givenUp: GivenUp): Promise<void> {
  const { failure, event } = batchFailure(origin, givenUp, new Date());
  mkdirSync(dirname(file), { recursive: true });
  // In one piece: two mappings may give up at once, and Node writes a large file bit by bit where others can come in between.
  appendFileSync(file, `${JSON.stringify({ destination, ...failure, payload: event })}\n`);
}

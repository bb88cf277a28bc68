import { randomUUID } from "node:crypto";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { Admin, type CompressionAlgorithmValue, Consumer, Producer } from "@platformatic/kafka";
import { connect } from "amqplib";
import { decodeKafkaEvent, type KafkaRecord } from "../../events/envelope/kafka.ts";
import type { FixtureFunction, FixtureService, FunctionOptions, Note } from "./fixture-service.ts";

/** A record to be produced; fields left out are null, empty or chosen by the broker. */
export interface Produced {
  partition?: number;
  key?: Buffer | null;
  value?: Buffer | null;
  headers?: [string, Buffer][];
  timestamp?: number;
}

type ProbeOptions = Omit<FunctionOptions, "events"> & { event?: Record<string, unknown> };

/** A function of the service with a topic of its own; the topic is made before the service starts. */
export function kafkaProbe(
  service: FixtureService,
  brokers: string[],
  {
    event,
    partitions,
    configs,
    cluster,
    ...options
  }: ProbeOptions & {
    partitions?: number;
    configs?: Record<string, string>;
    /** ARN of the MSK cluster, for an event of the kind `msk`. */
    cluster?: string;
  },
): { topic: FixtureTopic; probe: FixtureFunction } {
  const topic = new FixtureTopic(brokers);
  const kafka = {
    topic: topic.name,
    consumerGroupId: topic.group,
    bootstrapServers: ["b-1.example.com:9096", "b-2.example.com:9096"],
    accessConfigurations: { saslScram512Auth: "arn:aws:secretsmanager:us-east-1:000000000000:secret:kafka" },
    ...event,
  };
  const msk = { arn: cluster, topic: topic.name, consumerGroupId: topic.group, ...event };
  const events = [cluster === undefined ? { kafka } : { msk }];
  const probe = service.function({ ...options, events }, () => topic.create(partitions, configs));
  return { topic, probe };
}

export const brokerArn =
  "arn:aws:mq:us-east-1:000000000000:broker:chat:b-00000000-0000-0000-0000-000000000000";
export const secretArn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:rabbitmq";

/** A function of the service with a quorum queue of its own; the queue is declared before the service starts. */
export function rabbitMQProbe(
  service: FixtureService,
  url: string,
  {
    event,
    declared = true,
    deliveryLimit,
    ...options
  }: ProbeOptions & { declared?: boolean; deliveryLimit?: number },
): { queue: FixtureQueue; probe: FixtureFunction } {
  const queue = new FixtureQueue(url);
  const rabbitmq = { arn: brokerArn, basicAuthArn: secretArn, queue: queue.name, ...event };
  const probe = service.function(
    { ...options, events: [{ rabbitmq }] },
    async () => declared && queue.declare(deliveryLimit),
  );
  return { queue, probe };
}

/** One topic of its own on a real broker. */
export class FixtureTopic implements AsyncDisposable {
  readonly name = `orders-${randomUUID()}`;
  readonly group = `group-${randomUUID()}`;
  readonly #client: { clientId: string; bootstrapBrokers: string[] };
  readonly #admin: Admin;
  #created = false;

  constructor(brokers: string[]) {
    this.#client = { clientId: "test", bootstrapBrokers: brokers };
    this.#admin = new Admin(this.#client);
  }

  /** Once; again is harmless. Keeps records whatever their timestamp: the broker looks for old ones every five minutes. */
  async create(partitions = 1, configs: Record<string, string> = {}): Promise<this> {
    if (this.#created) return this;
    this.#created = true;
    const entries = Object.entries({ "retention.ms": "-1", ...configs }).map(([name, value]) => ({
      name,
      value,
    }));
    await this.#admin.createTopics({ topics: [this.name], partitions, replicas: 1, configs: entries });
    return this;
  }

  async produce(records: Produced[], compression: CompressionAlgorithmValue = "none"): Promise<void> {
    const producer = new Producer(this.#client);
    await producer.send({
      compression,
      messages: records.map(({ partition = 0, key = null, value = null, headers = [], timestamp }) => ({
        topic: this.name,
        partition,
        // The typings leave null out, Kafka does not.
        key: key as Buffer,
        value: value as Buffer,
        headers: new Map(headers.map(([name, bytes]) => [Buffer.from(name), bytes])),
        ...(timestamp !== undefined && { timestamp: BigInt(timestamp) }),
      })),
    });
    await producer.close();
  }

  /** Values `{"n": 0}` and on, in partition 0. */
  async produceNumbers(count: number, from = 0): Promise<void> {
    await this.produce(
      Array.from({ length: count }, (_, index) => ({ value: Buffer.from(`{"n":${from + index}}`) })),
    );
  }

  /** The first records of the topic. */
  async consume(count: number): Promise<{ key: Buffer; value: Buffer }[]> {
    const consumer = new Consumer({ ...this.#client, groupId: `${this.group}-reader` });
    const stream = await consumer.consume({ topics: [this.name], mode: "earliest", autocommit: false });
    const messages: { key: Buffer; value: Buffer }[] = [];
    for await (const { key, value } of stream) {
      messages.push({ key, value });
      if (messages.length === count) break;
    }
    await consumer.close(true);
    return messages;
  }

  /** As retention would: records of partition 0 before an offset are gone. */
  async deleteBefore(offset: number): Promise<void> {
    const partitions = [{ partition: 0, offset: BigInt(offset) }];
    await this.#admin.deleteRecords({ topics: [{ name: this.name, partitions }] });
  }

  /** Leaves an offset of partition 0 in the group, as an earlier mapping would have. */
  async commit(offset: number): Promise<void> {
    await this.#admin.alterConsumerGroupOffsets({
      groupId: this.group,
      topics: [{ name: this.name, partitionOffsets: [{ partition: 0, offset: BigInt(offset) }] }],
    });
  }

  /** Of partition 0; -1 before the first commit. */
  async committed(partition = 0): Promise<number> {
    const [group] = await this.#admin.listConsumerGroupOffsets({
      groups: [{ groupId: this.group, topics: [{ name: this.name, partitionIndexes: [partition] }] }],
    });
    return Number(group?.topics[0]?.partitions[0]?.committedOffset ?? -1n);
  }

  async members(): Promise<number> {
    const groups = await this.#admin.describeGroups({ groups: [this.group] });
    return groups.get(this.group)?.members.size ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#admin.deleteTopics({ topics: [this.name] }).catch(() => {});
    await this.#admin.close();
  }
}

/** The records of each invocation. */
export const recordsOf = (notes: Note[]): KafkaRecord[][] =>
  notes.map(({ event }) => decodeKafkaEvent(event));

/** The offsets of each invocation. */
export const offsetsOf = (notes: Note[]): number[][] =>
  recordsOf(notes).map((records) => records.map(({ offset }) => offset));

export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, n) => from + n);

/** One quorum queue of its own on a real broker. */
export class FixtureQueue implements AsyncDisposable {
  readonly name = `chat-${randomUUID()}`;
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async declare(deliveryLimit = 1_000_000): Promise<this> {
    await this.#with((channel) =>
      channel.assertQueue(this.name, {
        durable: true,
        arguments: { "x-queue-type": "quorum", "x-delivery-limit": deliveryLimit },
      }),
    );
    return this;
  }

  async publish(bodies: Buffer[], properties: object = {}): Promise<void> {
    await this.#with(async (channel) => {
      for (const body of bodies) channel.sendToQueue(this.name, body, properties);
      await channel.waitForConfirms();
    });
  }

  async publishNumbers(count: number): Promise<void> {
    await this.publish(range(0, count).map((n) => Buffer.from(`${n}`)));
  }

  /** Messages ready for delivery; fails when the queue does not exist. */
  ready(): Promise<number> {
    return this.#with(async (channel) => (await channel.checkQueue(this.name)).messageCount);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#with((channel) => channel.deleteQueue(this.name)).catch(() => {});
  }

  async #with<T>(use: (channel: import("amqplib").ConfirmChannel) => Promise<T>): Promise<T> {
    const connection = await connect(this.#url);
    connection.on("error", () => {});
    try {
      const channel = await connection.createConfirmChannel();
      channel.on("error", () => {});
      return await use(channel);
    } finally {
      await connection.close().catch(() => {});
    }
  }
}

/** A way to a broker that can be cut and opened again. */
export class Road implements AsyncDisposable {
  readonly #to: URL;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  constructor(url: string) {
    this.#to = new URL(url);
  }

  async open(): Promise<string> {
    const { hostname, port } = this.#to;
    const server = createServer((socket) => {
      const broker = createConnection(Number(port || 5672), hostname);
      for (const [end, other] of [
        [socket, broker],
        [broker, socket],
      ] as const) {
        this.#sockets.add(end);
        end.on("error", () => {}).on("close", () => other.destroy());
        end.pipe(other);
      }
    });
    await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
    this.#server = server;
    this.#port = (server.address() as { port: number }).port;
    return this.url;
  }

  get url(): string {
    const url = new URL(this.#to);
    url.hostname = "127.0.0.1";
    url.port = `${this.#port}`;
    return url.href;
  }

  async cut(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    const server = this.#server;
    if (server !== undefined) await new Promise((resolve) => server.close(resolve));
    this.#server = undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cut();
  }
}

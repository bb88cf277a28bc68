import { once } from "node:events";
import inspector from "node:inspector";
import { type Channel, type ChannelModel, type ConsumeMessage, connect } from "amqplib";
import {
  encodeRabbitMQEvent,
  type RabbitMQMessage,
  rabbitMQEventBytes,
  rabbitMQMessageBytes,
} from "../../events/envelope/rabbitmq.ts";
import { backoff } from "./backoff.ts";
import type { RabbitMQMapping } from "./definition.ts";
import { BatchQueue, type Delivery, pause, type Report, type Source } from "./source.ts";

export interface RabbitMQEndpoint {
  url: string;
  /** Instead of the URL's. */
  credentials?: { username: string; password: string };
  /** A debugger may stop this whole process, heartbeats included. */
  pausable: boolean;
  /** Most bytes of an event as JSON. */
  maxBytes: number;
}

/** Polls one queue, one batch at a time, and acknowledges only what was settled. Never declares anything. */
export class RabbitMQSource implements Source {
  readonly #mapping: RabbitMQMapping;
  readonly #endpoint: RabbitMQEndpoint;
  readonly #vhost: string;
  readonly #report: Report;
  readonly #queue: BatchQueue<RabbitMQMessage>;
  readonly #closing = new AbortController();
  #connection: ChannelModel | undefined;
  #channel: Channel | undefined;
  #lag = 0;
  /** Batches in a row that failed; a requeued batch may come back composed otherwise. */
  #failures = 0;

  constructor(mapping: RabbitMQMapping, endpoint: RabbitMQEndpoint, report: Report) {
    this.#mapping = mapping;
    this.#endpoint = endpoint;
    this.#report = report;
    this.#vhost = mapping.vhost ?? (decodeURIComponent(new URL(endpoint.url).pathname.slice(1)) || "/");
    this.#queue = new BatchQueue(
      { records: mapping.batchSize, window: mapping.window, bytes: endpoint.maxBytes },
      {
        event: rabbitMQEventBytes(mapping.arn),
        partition: (key) => Buffer.byteLength(JSON.stringify(key)) + ":[]".length,
        record: rabbitMQMessageBytes,
      },
    );
  }

  start(): void {
    void this.#poll();
  }

  async next(signal: AbortSignal): Promise<Delivery | undefined> {
    const batch = await this.#queue.next(signal);
    const part = batch?.parts.get(this.#key);
    if (batch === undefined || part === undefined) return undefined;
    // A delivery tag means nothing on another channel: after a reconnection the broker delivers all of it again.
    const channel = this.#channel;
    const onSameChannel = (settle: (channel: Channel) => void) => {
      if (channel !== undefined && channel === this.#channel && !part.lost) settle(channel);
    };
    return {
      records: part.records.length,
      failures: this.#failures,
      event: () => encodeRabbitMQEvent(this.#mapping.arn, part.records),
      settle: async () => {
        onSameChannel((channel) => channel.ack(upTo(part.next), true));
        this.#lag = Math.max(0, this.#lag - part.records.length);
        this.#failures = 0;
        this.#queue.release(batch);
      },
      retry: async (delay) => {
        this.#failures += 1;
        onSameChannel((channel) => channel.nack(upTo(part.next), true, true));
        await pause(delay, this.#closing.signal);
        this.#queue.release(batch);
      },
    };
  }

  lag = (): number => this.#lag;

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#connection?.close().catch(() => {});
  }

  get #key(): string {
    return `${this.#mapping.queue}::${this.#vhost}`;
  }

  async #poll(): Promise<void> {
    const { signal } = this.#closing;
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        await this.#consume(() => {
          failures = 0;
          this.#report("polling");
        });
      } catch (error) {
        if (signal.aborted) return;
        this.#report("retrying", error);
      }
      this.#channel = undefined;
      this.#queue.drop(this.#key);
      await this.#connection?.close().catch(() => {});
      await pause(backoff(failures), signal);
    }
  }

  /** Returns only by an exception, when the connection, the channel or the queue is gone. */
  async #consume(started: () => void): Promise<void> {
    const connection = await connect(this.#address(), {
      clientProperties: { connection_name: `event-sources ${this.#mapping.functionKey}` },
    });
    this.#connection = connection;
    const ended = new Promise<never>((_, reject) => {
      connection.on("error", reject);
      connection.on("close", (error) => reject(error ?? new Error("Connection closed")));
    });
    ended.catch(() => {});
    const channel = await connection.createChannel();
    const failed = once(channel, "close").then(() => Promise.reject(new Error("Channel closed")));
    const refused = new Promise<never>((_, reject) => channel.on("error", reject));
    failed.catch(() => {});
    refused.catch(() => {});
    // Room for one batch: the rest of the queue stays available to others.
    await channel.prefetch(Math.min(this.#mapping.batchSize, 65_535));
    const { messageCount } = await channel.checkQueue(this.#mapping.queue);
    this.#lag = messageCount;
    this.#channel = channel;
    const cancelled = Promise.withResolvers<never>();
    await channel.consume(this.#mapping.queue, (message) => {
      if (message === null) cancelled.reject(new Error(`Queue ${this.#mapping.queue} was deleted`));
      else this.#receive(message);
    });
    started();
    await Promise.race([refused, failed, ended, cancelled.promise]);
  }

  #receive({ content, fields, properties }: ConsumeMessage): void {
    const { redelivered, deliveryTag } = fields;
    const present = Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
    const message = {
      queue: this.#mapping.queue,
      vhost: this.#vhost,
      redelivered,
      properties: present,
      body: content,
    };
    this.#queue.push(this.#key, [{ record: message, next: deliveryTag }]);
  }

  #address() {
    const { url, credentials, pausable } = this.#endpoint;
    const { protocol, hostname, port, username, password } = new URL(url);
    return {
      protocol: protocol.slice(0, -1),
      hostname,
      port: port === "" ? (protocol === "amqps:" ? 5671 : 5672) : Number(port),
      username: credentials?.username ?? decodeURIComponent(username || "guest"),
      password: credentials?.password ?? decodeURIComponent(password || "guest"),
      vhost: this.#vhost,
      heartbeat: pausable || inspector.url() !== undefined ? 0 : 30,
    };
  }
}

/** amqplib acknowledges by message; all it reads is the tag. */
const upTo = (deliveryTag: number) => ({ fields: { deliveryTag } }) as ConsumeMessage;

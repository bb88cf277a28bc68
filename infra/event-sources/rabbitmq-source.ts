import inspector from "node:inspector";
import { type Channel, type ChannelModel, type ConsumeMessage, connect } from "amqplib";
import { type RabbitMQMessage, rabbitMQEventBytes } from "../../events/envelope/rabbitmq.ts";
import { reconnectDelay, retryDelay } from "./backoff.ts";
import type { Read } from "./batching.ts";
import type { RabbitMQMapping } from "./definition.ts";
import { eventOf, type Held, hold, messageIdOf, packedOf } from "./held-messages.ts";
import { BatchQueue, type Delivery, pause, type Report, type Source } from "./source.ts";

export interface RabbitMQEndpoint {
  url: string;
  /** Instead of the URL's. */
  credentials?: { username: string; password: string };
  /** A debugger may stop this whole process, heartbeats included. */
  pausable: boolean;
  /** Functions run in worker threads, which get their events packed. */
  threads: boolean;
  /** Most bytes of an event as JSON. */
  maxBytes: number;
}

/** A batch is acknowledged in steps of so many, all at once: the broker hands over what the first frees while it reads the next. */
const ackedAtOnce = 200;

/** Polls one queue, one batch at a time, and acknowledges only what was settled. Never declares anything. */
export class RabbitMQSource implements Source {
  readonly #mapping: RabbitMQMapping;
  readonly #endpoint: RabbitMQEndpoint;
  readonly #vhost: string;
  readonly #report: Report;
  readonly #queue: BatchQueue<Held>;
  readonly #closing = new AbortController();
  #connection: ChannelModel | undefined;
  #channel: Channel | undefined;
  /** Delivered to us, on their way into the queue of batches. */
  #arrived: Read<Held>[] = [];
  /** In the queue, not delivered to us. */
  #ready = 0;
  /** Delivered to us and neither acknowledged nor returned. */
  #held = 0;
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
        record: ({ bytes }) => bytes,
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
      if (channel === undefined || channel !== this.#channel || part.lost) return;
      settle(channel);
      this.#held -= part.records.length;
    };
    return {
      records: part.records.length,
      event: () => eventOf(this.#mapping.arn, this.#key, part.records),
      ...(this.#endpoint.threads && { packed: () => packedOf(this.#mapping.arn, part.records) }),
      conclude: async (answer) => {
        if ("payload" in answer) {
          onSameChannel((channel) => {
            for (let i = ackedAtOnce; i < part.ends.length; i += ackedAtOnce)
              channel.ack(upTo(part.ends[i - 1] as number), true);
            channel.ack(upTo(part.next), true);
          });
          this.#failures = 0;
          this.#queue.release(batch);
          return { failures: 0 };
        }
        this.#failures += 1;
        const retryIn = retryDelay(this.#failures, this.#mapping.choices.retryDelay);
        onSameChannel((channel) => channel.nack(upTo(part.next), true, true));
        // Redelivered at once, but blocked until then.
        this.#queue.releaseIn(batch, retryIn);
        return { failures: this.#failures, retryIn };
      },
    };
  }

  lag = (): number => this.#ready + this.#held;

  retryNow = (): void => this.#queue.retryNow();

  async close(): Promise<void> {
    this.#closing.abort();
    // The channel first: a connection's own close may overtake acknowledgements that are not written yet.
    await this.#channel?.close().catch(() => {});
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
          this.#report.trouble("connection");
        });
      } catch (error) {
        if (signal.aborted) return;
        this.#report.trouble("connection", this.#explain(error as Error));
      }
      this.#channel = undefined;
      this.#arrived = [];
      this.#queue.drop(this.#key);
      await this.#connection?.close().catch(() => {});
      await pause(reconnectDelay(failures), signal);
    }
  }

  /** Returns only by an exception, when the connection, the channel or the queue is gone. */
  async #consume(started: () => void): Promise<void> {
    const { queue, functionKey, batchSize, choices } = this.#mapping;
    const { promise: over, reject } = Promise.withResolvers<never>();
    over.catch(() => {});
    const connection = await connect(this.#address(), {
      timeout: 10_000,
      clientProperties: { connection_name: `event-sources ${functionKey}` },
    });
    this.#connection = connection;
    this.#closing.signal.throwIfAborted();
    connection.on("error", reject);
    connection.on("close", (error) => reject(error ?? new Error("Connection closed")));
    const channel = await connection.createChannel();
    channel.on("error", reject);
    channel.on("close", () => reject(new Error("Channel closed")));
    // One batch, unless chosen otherwise: the rest of the queue stays available to others.
    await channel.prefetch(Math.min(batchSize * choices.prefetch, 65_535));
    const count = async () => {
      this.#ready = (await channel.checkQueue(queue)).messageCount;
    };
    await Promise.race([count(), over]);
    this.#channel = channel;
    this.#held = 0;
    const counting = setInterval(() => count().catch(reject), 1000);
    try {
      await channel.consume(queue, (message) => {
        if (message === null) reject(this.#missing());
        else this.#receive(message);
      });
      started();
      await over;
    } finally {
      clearInterval(counting);
    }
  }

  #explain(error: Error & { code?: number }): Error {
    const notFound = 404;
    if (error.code === notFound) return this.#missing();
    // All that amqplib says of it.
    const refused = error.message.startsWith("Expected ConnectionOpenOk");
    return refused ? new Error(`no virtual host ${this.#vhost}, or no access to it`) : error;
  }

  #missing(): Error {
    const { queue } = this.#mapping;
    return new Error(`no queue ${queue} in virtual host ${this.#vhost}: declare it, a mapping never does`);
  }

  #receive(delivered: ConsumeMessage): void {
    const { content, fields, properties } = delivered;
    const { redelivered, deliveryTag } = fields;
    // What the filter holds back is acknowledged at once.
    if (this.#mapping.filter?.(content) === false) {
      this.#channel?.ack(delivered);
      return;
    }
    // amqplib sets what is absent to undefined.
    const present = properties as object as RabbitMQMessage["properties"];
    const { queue } = this.#mapping;
    const message = { queue, vhost: this.#vhost, redelivered, properties: present, body: content };
    const record = hold(message, this.#endpoint.threads);
    const arrived = this.#arrived.push({ record, next: deliveryTag });
    if (arrived === 1) queueMicrotask(() => this.#passOn());
  }

  /** What one chunk from the socket held, at once. */
  #passOn(): void {
    const reads = this.#arrived;
    this.#arrived = [];
    const tooLarge = this.#queue.push(this.#key, reads);
    this.#held += reads.length - tooLarge.length;
    for (const held of tooLarge) {
      const name = messageIdOf(held) ?? reads.find(({ record }) => record === held)?.next;
      this.#report.gaveUp(`message ${name}: alone larger than an event may be (6 MB)`);
    }
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

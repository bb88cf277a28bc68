import { Consumer } from "@platformatic/kafka";
import { reconnectDelay } from "./backoff.ts";
import { keepListening } from "./kafka-connections.ts";
import type { Fetched, FetchResponse } from "./kafka-records.ts";
import type { KafkaClient } from "./kafka-security.ts";
import { pause } from "./source.ts";

/** A partition that is read, and from where. */
export interface Reader {
  partition: number;
  /** Next offset to fetch. */
  position: number;
}

export interface FetcherEvents<R extends Reader> {
  /** The partitions there is room for now. */
  wanted(): R[];
  fetched(reader: R, fetched: Fetched): Promise<void>;
  /** The records at their positions are gone: retention, or a topic made anew. */
  outOfRange(readers: R[]): Promise<void>;
  trouble(error?: unknown): void;
}

/** Long polls of all brokers that lead wanted partitions, one at a time each. */
export class KafkaFetcher<R extends Reader> {
  readonly #topic: string;
  /** Connections of its own: a broker answers in order, and a commit must not wait behind a long poll. */
  readonly #consumer: Consumer;
  readonly #events: FetcherEvents<R>;
  readonly #fetching = new Set<number>();
  readonly #closing = new AbortController();
  #failures = 0;

  constructor(topic: string, client: KafkaClient, events: FetcherEvents<R>) {
    this.#topic = topic;
    this.#events = events;
    this.#consumer = keepListening(
      new Consumer({
        ...client,
        clientId: "event-sources",
        groupId: "event-sources",
        retries: 0,
      }),
    );
    this.#consumer.topics.track(topic);
    this.#consumer.on("error", () => {});
  }

  /** Asks each broker for what is wanted of it, unless it is being asked already. To be called when more may be wanted. */
  async fetch(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    try {
      const metadata = (await this.#consumer.metadata({ topics: [this.#topic] })).topics.get(this.#topic);
      if (metadata === undefined) return;
      const leader = ({ partition }: R) => metadata.partitions[partition]?.leader ?? -1;
      for (const [node, readers] of Map.groupBy(this.#events.wanted(), leader)) {
        if (node >= 0 && !this.#fetching.has(node)) void this.#fetchFrom(node, metadata.id, readers);
      }
    } catch (error) {
      await this.#later(error);
      void this.fetch();
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#consumer.close(true).catch(() => {});
  }

  async #fetchFrom(node: number, topicId: string, readers: R[]): Promise<void> {
    this.#fetching.add(node);
    const partitions = readers.map(({ partition, position }) => ({
      partition,
      fetchOffset: BigInt(position),
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
      partitionMaxBytes: 1 << 20,
    }));
    const topics = [{ topicId, partitions }];
    let failure: unknown;
    // Some partitions may be in order while others are not: then the error has the response.
    const response = await this.#consumer
      .fetch({ node, minBytes: 1, maxBytes: 10 << 20, maxWaitTime: 250, topics })
      .catch((error: { response?: FetchResponse }) => {
        failure = error;
        return error.response;
      });
    try {
      if (response !== undefined) {
        await this.#receive(response, readers);
        this.#failures = 0;
      }
    } catch (error) {
      failure ??= error;
    }
    if (failure === undefined) this.#events.trouble();
    else await this.#later(failure);
    this.#fetching.delete(node);
    void this.fetch();
  }

  async #receive(response: FetchResponse, readers: R[]): Promise<void> {
    const byPartition = new Map(readers.map((reader) => [reader.partition, reader]));
    const outOfRange: R[] = [];
    for (const fetched of response.responses.flatMap(({ partitions }) => partitions)) {
      const reader = byPartition.get(fetched.partitionIndex);
      if (reader === undefined) continue;
      if (fetched.errorCode === 0) await this.#events.fetched(reader, fetched);
      if (fetched.errorCode === offsetOutOfRange) outOfRange.push(reader);
    }
    if (outOfRange.length > 0) await this.#events.outOfRange(outOfRange);
  }

  async #later(error: unknown): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#failures += 1;
    // A single failure is normal: a partition's leader moved, a fetch session ended.
    if (this.#failures > 1) this.#events.trouble(error);
    this.#consumer.clearMetadata();
    await pause(reconnectDelay(this.#failures), this.#closing.signal);
  }
}

/** https://kafka.apache.org/protocol.html#protocol_error_codes */
const offsetOutOfRange = 1;

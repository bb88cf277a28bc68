import inspector from "node:inspector";
import { Consumer } from "@platformatic/kafka";
import {
  encodeKafkaEvent,
  type KafkaRecord,
  kafkaEventBytes,
  kafkaRecordBytes,
} from "../../events/envelope/kafka.ts";
import { reconnectDelay } from "./backoff.ts";
import type { Batch } from "./batching.ts";
import type { KafkaMapping } from "./definition.ts";
import { KafkaMember } from "./kafka-member.ts";
import { type FetchResponse, readRecords } from "./kafka-records.ts";
import { BatchQueue, type Delivery, pause, type Report, type Source } from "./source.ts";

/** A partition this mapping reads. */
interface Lease {
  partition: number;
  /** Next offset to fetch. */
  position: number;
  /** Committed, or where it began: what a rebalance must find unchanged to leave the lease as it is. */
  settled: number;
  highWatermark: number;
}

export interface KafkaEndpoint {
  brokers: string[];
  /** A debugger may stop this whole process, heartbeats included. */
  pausable: boolean;
  /** Most bytes of an event as JSON. */
  maxBytes: number;
}

/** Polls one topic with a consumer group and commits only what was settled. */
export class KafkaSource implements Source {
  readonly #mapping: KafkaMapping;
  readonly #report: Report;
  readonly #member: KafkaMember;
  /** A connection of its own: a broker answers in order, and a commit must not wait behind a long poll. */
  readonly #fetcher: Consumer;
  readonly #queue: BatchQueue<KafkaRecord>;
  readonly #leases = new Map<string, Lease>();
  readonly #fetching = new Set<number>();
  readonly #closing = new AbortController();
  #failures = 0;

  constructor(mapping: KafkaMapping, { brokers, pausable, maxBytes }: KafkaEndpoint, report: Report) {
    this.#mapping = mapping;
    this.#report = report;
    const client = { bootstrapBrokers: brokers };
    const session = pausable || inspector.url() !== undefined ? 15 * 60_000 : 45_000;
    this.#member = new KafkaMember(mapping, client, session, (positions) => this.#assign(positions), report);
    this.#fetcher = new Consumer({
      ...client,
      clientId: "event-sources",
      groupId: mapping.group,
      retries: 0,
    });
    this.#fetcher.topics.track(mapping.topic);
    this.#fetcher.on("error", () => {});
    this.#queue = new BatchQueue(
      { records: mapping.batchSize, window: mapping.window, bytes: maxBytes },
      {
        event: kafkaEventBytes(this.#eventSource),
        partition: (key) => key.length + '"":[]'.length,
        record: kafkaRecordBytes,
      },
    );
  }

  start(): void {
    void this.#member.join();
  }

  async next(signal: AbortSignal): Promise<Delivery | undefined> {
    const batch = await this.#queue.next(signal);
    if (batch === undefined) return undefined;
    void this.#fetch();
    const records = Array.from(batch.parts.values(), (part) => part.records).flat();
    return {
      records: records.length,
      failures: batch.failures,
      event: () => encodeKafkaEvent(this.#eventSource, records),
      settle: () => this.#settle(batch),
      retry: async (delay) => this.#queue.retry(batch, delay),
    };
  }

  lag(): number {
    let lag = 0;
    for (const { highWatermark, settled } of this.#leases.values())
      lag += Math.max(0, highWatermark - settled);
    return lag;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([this.#member.close(), this.#fetcher.close(true).catch(() => {})]);
  }

  get #eventSource() {
    const { arn, bootstrapServers } = this.#mapping;
    return {
      bootstrapServers: bootstrapServers.join(","),
      ...(arn !== undefined && { eventSourceArn: arn }),
    };
  }

  #key = (partition: number) => `${this.#mapping.topic}-${partition}`;

  #assign(positions: Map<number, number>): void {
    for (const [key, { partition, settled }] of this.#leases) {
      if (positions.get(partition) === settled) continue;
      this.#leases.delete(key);
      this.#queue.drop(key);
    }
    for (const [partition, position] of positions) {
      const key = this.#key(partition);
      if (this.#leases.has(key)) continue;
      this.#leases.set(key, { partition, position, settled: position, highWatermark: position });
    }
    void this.#fetch();
  }

  /** Commits, until it succeeds or the partitions have gone to others. */
  async #settle(batch: Batch<KafkaRecord>): Promise<void> {
    const signal = this.#closing.signal;
    for (let failures = 1; ; failures += 1) {
      const own = [...batch.parts].filter(([, { lost }]) => !lost);
      const positions = new Map(own.map(([key, { next }]) => [this.#partition(key), next]));
      try {
        if (positions.size > 0) await this.#member.commit(positions);
        for (const [key, { next }] of own) {
          const lease = this.#leases.get(key);
          if (lease !== undefined) lease.settled = next;
        }
        break;
      } catch (error) {
        if (signal.aborted) break;
        this.#report.state("retrying", error);
        await pause(reconnectDelay(failures), signal);
      }
    }
    this.#queue.release(batch);
    void this.#fetch();
  }

  #partition = (key: string) => Number(key.slice(key.lastIndexOf("-") + 1));

  /** Asks each broker for the partitions it leads that have room, unless it is being asked already. */
  async #fetch(): Promise<void> {
    const { topic } = this.#mapping;
    if (this.#closing.signal.aborted) return;
    try {
      const metadata = (await this.#fetcher.metadata({ topics: [topic] })).topics.get(topic);
      const hungry = [...this.#leases].filter(([key]) => this.#queue.hasRoom(key)).map(([, lease]) => lease);
      const byLeader = Map.groupBy(hungry, ({ partition }) => metadata?.partitions[partition]?.leader ?? -1);
      for (const [node, leases] of byLeader) {
        if (node >= 0 && metadata !== undefined) void this.#fetchFrom(node, metadata.id, leases);
      }
    } catch (error) {
      await this.#fetchLater(error);
      void this.#fetch();
    }
  }

  async #fetchFrom(node: number, topicId: string, leases: Lease[]): Promise<void> {
    if (this.#fetching.has(node)) return;
    this.#fetching.add(node);
    try {
      const partitions = leases.map(({ partition, position }) => ({
        partition,
        fetchOffset: BigInt(position),
        currentLeaderEpoch: -1,
        lastFetchedEpoch: -1,
        partitionMaxBytes: 1 << 20,
      }));
      const topics = [{ topicId, partitions }];
      const response = await this.#fetcher.fetch({
        node,
        minBytes: 1,
        maxBytes: 10 << 20,
        maxWaitTime: 250,
        topics,
      });
      this.#receive(response, leases);
      this.#failures = 0;
      this.#report.state("polling");
    } catch (error) {
      // Some partitions may be in order while others are not.
      const { response } = error as { response?: FetchResponse };
      if (response !== undefined) {
        this.#receive(response, leases);
        this.#failures = 0;
      }
      await this.#fetchLater(error);
    } finally {
      this.#fetching.delete(node);
    }
    void this.#fetch();
  }

  async #fetchLater(error: unknown): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#failures += 1;
    // A single failure is normal: a partition's leader moved, a fetch session ended.
    if (this.#failures > 1) this.#report.state("retrying", error);
    this.#fetcher.clearMetadata();
    await pause(reconnectDelay(this.#failures), this.#closing.signal);
  }

  #receive(response: FetchResponse, leases: Lease[]): void {
    const outOfRange: number[] = [];
    for (const fetched of response.responses.flatMap(({ partitions }) => partitions)) {
      const key = this.#key(fetched.partitionIndex);
      const lease = this.#leases.get(key);
      if (lease === undefined || !leases.includes(lease)) continue;
      if (fetched.errorCode === offsetOutOfRange) outOfRange.push(lease.partition);
      if (fetched.errorCode !== 0) continue;
      lease.highWatermark = Number(fetched.highWatermark);
      const reads = [...readRecords(this.#mapping.topic, fetched, lease.position)];
      lease.position = reads.at(-1)?.next ?? lease.position;
      for (const { offset } of this.#queue.push(key, reads)) this.#report.dropped(`${key} offset ${offset}`);
    }
    if (outOfRange.length > 0) void this.#startOver(outOfRange);
  }

  /** The records at the position are gone (retention, a topic made anew): what the starting position says counts again. */
  async #startOver(partitions: number[]): Promise<void> {
    const positions = await this.#member.startingPositions(partitions).catch(() => new Map<number, number>());
    for (const [partition, position] of positions) {
      const lease = this.#leases.get(this.#key(partition));
      if (lease !== undefined) lease.position = position;
    }
  }
}

/** https://kafka.apache.org/protocol.html#protocol_error_codes */
const offsetOutOfRange = 1;

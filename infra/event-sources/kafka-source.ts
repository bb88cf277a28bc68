import { randomUUID } from "node:crypto";
import inspector from "node:inspector";
import {
  encodeKafkaEvent,
  type KafkaRecord,
  kafkaEventBytes,
  kafkaRecordBytes,
} from "../../events/envelope/kafka.ts";
import { reconnectDelay } from "./backoff.ts";
import type { Batch, Read } from "./batching.ts";
import { concludeBatch, giveUpStale, type Hands, recordsOf } from "./conclude.ts";
import type { KafkaMapping } from "./definition.ts";
import type { Destination } from "./destination.ts";
import type { GivenUp } from "./failure-record.ts";
import { KafkaCommits, type Progress } from "./kafka-commits.ts";
import { KafkaFetcher, type Reader } from "./kafka-fetcher.ts";
import { KafkaMember } from "./kafka-member.ts";
import { type Fetched, readRecords } from "./kafka-records.ts";
import type { KafkaClient } from "./kafka-security.ts";
import { packKafka } from "./packed-kafka.ts";
import { BatchQueue, type Delivery, pause, type Report, type Source } from "./source.ts";

/** A partition that this mapping was assigned. A rebalance that finds `settled` unchanged leaves it as it is. */
interface Lease extends Reader, Progress {
  /** The broker's first and next offset. */
  logStart: number;
  highWatermark: number;
}

export interface KafkaEndpoint {
  client: KafkaClient;
  /** A debugger may stop this whole process, heartbeats included. */
  pausable: boolean;
  /** Most bytes of an event as JSON. */
  maxBytes: number;
  /** What the group has committed so far is forgotten. */
  reset: boolean;
  /** Of what is given up. */
  destination?: Destination;
}

/** Polls one topic with a consumer group and commits only what was processed. */
export class KafkaSource implements Source {
  readonly #mapping: KafkaMapping;
  readonly #endpoint: KafkaEndpoint;
  readonly #report: Report;
  readonly #member: KafkaMember;
  readonly #fetcher: KafkaFetcher<Lease>;
  readonly #commits: KafkaCommits<Lease>;
  readonly #queue: BatchQueue<KafkaRecord>;
  readonly #hands: Hands;
  readonly #leases = new Map<string, Lease>();
  readonly #closing = new AbortController();

  constructor(mapping: KafkaMapping, endpoint: KafkaEndpoint, report: Report) {
    this.#mapping = mapping;
    this.#endpoint = endpoint;
    this.#report = report;
    const { client } = endpoint;
    const session = endpoint.pausable || inspector.url() !== undefined ? 15 * 60_000 : 45_000;
    this.#member = new KafkaMember(
      mapping,
      client,
      session,
      endpoint.reset,
      (positions) => this.#assign(positions),
      report,
    );
    this.#fetcher = new KafkaFetcher(mapping.topic, client, {
      wanted: () => [...this.#leases].filter(([key]) => this.#queue.hasRoom(key)).map(([, lease]) => lease),
      fetched: (lease, fetched) => this.#receive(lease, fetched),
      outOfRange: (leases) => this.#startOver(leases),
      trouble: (error) => report.trouble("connection", error),
    });
    this.#commits = new KafkaCommits(
      (positions) => this.#member.commit(positions),
      (lease) => this.#leases.get(this.#key(lease.partition)) === lease,
      (error) => report.trouble("group", error),
    );
    this.#queue = new BatchQueue(
      { records: mapping.batchSize, window: mapping.window, bytes: endpoint.maxBytes },
      {
        event: kafkaEventBytes(this.#eventSource),
        partition: (key) => key.length + '"":[]'.length,
        record: kafkaRecordBytes,
      },
    );
    this.#hands = {
      policy: mapping.retry,
      choices: mapping.choices,
      queue: this.#queue,
      settle: (batch, positions) => this.#settle(batch, positions),
      giveUp: (givenUp) => this.#giveUp(givenUp),
    };
  }

  start(): void {
    void this.#member.join();
  }

  async next(signal: AbortSignal, beside: boolean): Promise<Delivery | undefined> {
    for (;;) {
      const batch = await this.#queue.next(signal, beside);
      if (batch === undefined) return undefined;
      void this.#fetcher.fetch();
      if ((await giveUpStale(batch, this.#hands, this.#isGone, Date.now())) === "changed") continue;
      const records = recordsOf(batch);
      return {
        records: records.length,
        event: () => encodeKafkaEvent(this.#eventSource, records),
        packed: () => packKafka(this.#eventSource, records),
        conclude: (answer) => concludeBatch(batch, answer, this.#hands),
      };
    }
  }

  lag(): number {
    let lag = 0;
    for (const { highWatermark, settled } of this.#leases.values())
      lag += Math.max(0, highWatermark - settled);
    return lag;
  }

  retryNow = (): void => this.#queue.retryNow();

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#commits.close();
    await Promise.all([this.#member.close(), this.#fetcher.close(), this.#endpoint.destination?.close()]);
  }

  get #eventSource() {
    const { arn, bootstrapServers } = this.#mapping;
    return {
      bootstrapServers: bootstrapServers.join(","),
      ...(arn !== undefined && { eventSourceArn: arn }),
    };
  }

  #key = (partition: number) => `${this.#mapping.topic}-${partition}`;

  /** After a rebalance: keeps what nobody else has read meanwhile, begins anew with the rest. */
  #assign(positions: Map<number, number>): void {
    for (const [key, { partition, settled }] of this.#leases) {
      if (positions.get(partition) === settled) continue;
      this.#leases.delete(key);
      this.#queue.drop(key);
    }
    for (const [partition, position] of positions) {
      const key = this.#key(partition);
      if (this.#leases.has(key)) continue;
      this.#leases.set(key, {
        partition,
        position,
        done: position,
        settled: position,
        logStart: 0,
        highWatermark: position,
      });
    }
    void this.#fetcher.fetch();
  }

  async #receive(lease: Lease, fetched: Fetched): Promise<void> {
    const key = this.#key(lease.partition);
    const { filter, topic } = this.#mapping;
    lease.logStart = Number(fetched.logStartOffset);
    lease.highWatermark = Number(fetched.highWatermark);
    const reads: Read<KafkaRecord>[] = [];
    const tooLarge: KafkaRecord[] = [];
    for (const read of readRecords(topic, fetched, lease.position)) {
      const { record } = read;
      reads.push(read);
      if (record === null) continue;
      if (filter?.(record.value) === false) read.record = null;
      else if (isBulky(record) && this.#queue.isTooLarge(key, record)) tooLarge.push(record);
    }
    const condition = "MaximumPayloadSizeExceeded";
    if (tooLarge.length > 0 && !(await this.#giveUp({ condition, invocations: 0, records: tooLarge })))
      return;
    // Meanwhile the partition may have gone to others.
    if (reads.length === 0 || this.#leases.get(key) !== lease) return;
    lease.position = reads.at(-1)?.next ?? lease.position;
    this.#queue.push(key, reads);
  }

  /** What the starting position says counts again. */
  async #startOver(leases: Lease[]): Promise<void> {
    const positions = await this.#member.startingPositions(leases.map(({ partition }) => partition));
    for (const lease of leases) lease.position = positions.get(lease.partition) ?? lease.position;
  }

  #settle({ parts }: Batch<KafkaRecord>, positions: Map<string, number>): void {
    for (const [key, next] of positions) {
      const lease = this.#leases.get(key);
      if (lease !== undefined && parts.get(key)?.lost === false) this.#commits.advance(lease, next);
    }
  }

  async #giveUp(givenUp: Omit<GivenUp, "requestId">): Promise<boolean> {
    const { destination } = this.#endpoint;
    for (let failures = 1; destination !== undefined; failures += 1) {
      try {
        await destination.send({ ...givenUp, requestId: randomUUID() });
        break;
      } catch (error) {
        this.#report.trouble("destination", error);
        await pause(reconnectDelay(failures), this.#closing.signal);
        if (this.#closing.signal.aborted) return false;
      }
    }
    this.#report.trouble("destination");
    const { records, condition, invocations } = givenUp;
    const [first] = records;
    this.#report.gaveUp(
      `${records.length} records from ${this.#key(first?.partition ?? 0)} offset ${first?.offset} on: ${condition}` +
        `${invocations > 0 ? ` after ${invocations} invocations` : ""}, ${this.#mapping.retry.destination ?? "no on-failure destination"}`,
    );
    return true;
  }

  /** Retention has overtaken a batch that keeps failing. */
  #isGone = ({ partition, offset }: KafkaRecord) =>
    offset < (this.#leases.get(this.#key(partition))?.logStart ?? 0);
}

/** Spares most records the exact count. */
function isBulky({ key, value, headers }: KafkaRecord): boolean {
  let bytes = (key?.length ?? 0) + (value?.length ?? 0);
  // A byte of a header takes up to five as JSON.
  for (const [name, { length }] of headers) bytes += name.length + 5 * length;
  return bytes > 1 << 20;
}

import { once } from "node:events";
import { hostname } from "node:os";
import { Admin, Consumer } from "@platformatic/kafka";
import { reconnectDelay } from "./backoff.ts";
import type { KafkaMapping } from "./definition.ts";
import { keepListening } from "./kafka-connections.ts";
import type { KafkaClient } from "./kafka-security.ts";
import { pause, type Report } from "./source.ts";

/** One seat in a consumer group: which partitions it reads, from where, and how far they are settled. */
export class KafkaMember {
  readonly #mapping: KafkaMapping;
  readonly #client: KafkaClient & { clientId: string };
  readonly #consumer: Consumer;
  readonly #assigned: (positions: Map<number, number>) => void;
  readonly #report: Report;
  readonly #closing = new AbortController();
  #joining: Promise<void> | undefined;
  #reset: boolean;

  /**
   * @param session milliseconds without a heartbeat until the broker gives the partitions to others.
   * @param reset what the group has committed so far is forgotten.
   * @param assigned told after every rebalance: the position to read each assigned partition from.
   */
  constructor(
    mapping: KafkaMapping,
    client: KafkaClient,
    session: number,
    reset: boolean,
    assigned: (positions: Map<number, number>) => void,
    report: Report,
  ) {
    this.#mapping = mapping;
    this.#client = { ...client, clientId: `${seat}${process.pid}` };
    this.#reset = reset;
    this.#assigned = assigned;
    this.#report = report;
    this.#consumer = keepListening(
      new Consumer({
        ...this.#client,
        groupId: mapping.group,
        sessionTimeout: session,
        rebalanceTimeout: session,
        heartbeatInterval: 1000,
        // A commit that failed in one generation must not be repeated in the next: the partition may be somebody else's.
        retries: 0,
      }),
    );
    this.#consumer.topics.track(mapping.topic);
    this.#consumer.on("consumer:group:join", () => void this.#resume());
    this.#consumer.on("error", () => void this.join());
  }

  /** Joins the group, however long it takes; later rebalances need no further call. */
  join(): Promise<void> {
    this.#joining ??= this.#join().finally(() => {
      this.#joining = undefined;
    });
    return this.#joining;
  }

  async #join(): Promise<void> {
    const signal = this.#closing.signal;
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        await this.#unseatTheDead();
        await this.#consumer.joinGroup();
        return;
      } catch (error) {
        // A new broker refuses once while it makes its own topics.
        if (failures > 1) this.#report.trouble("group", this.#explain(error));
        await pause(reconnectDelay(failures), signal);
      }
    }
  }

  /** @throws when the generation is over or the broker away. */
  async commit(positions: Map<number, number>): Promise<void> {
    const { topic } = this.#mapping;
    const offsets = Array.from(positions, ([partition, position]) => ({
      topic,
      partition,
      offset: BigInt(position),
      leaderEpoch: -1,
    }));
    await this.#consumer.commit({ offsets });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const limit = AbortSignal.timeout(2000);
    await Promise.race([this.#consumer.close(true).catch(() => {}), once(limit, "abort")]);
  }

  async #resume(): Promise<void> {
    const { generationId } = this.#consumer;
    const signal = this.#closing.signal;
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        const positions = await this.#positions();
        if (this.#consumer.generationId !== generationId) return;
        this.#assigned(positions);
        this.#report.trouble("group");
        return;
      } catch (error) {
        this.#report.trouble("group", this.#explain(error));
        await pause(reconnectDelay(failures), signal);
        if (this.#consumer.generationId !== generationId) return;
      }
    }
  }

  /** The group's committed offsets; the starting position decides only where there are none. */
  async #positions(): Promise<Map<number, number>> {
    const { topic, startingPosition } = this.#mapping;
    const partitions =
      this.#consumer.assignments?.find((assignment) => assignment.topic === topic)?.partitions ?? [];
    if (partitions.length === 0) return new Map();
    const offsets = await this.#consumer.listCommittedOffsets({ topics: [{ topic, partitions }] });
    const committed = new Map(
      partitions.map((partition) => [partition, Number(offsets.get(topic)?.[partition] ?? -1)]),
    );
    const fresh = partitions.filter((partition) => this.#reset || (committed.get(partition) ?? -1) < 0);
    const starting = await this.startingPositions(fresh);
    for (const [partition, position] of starting) committed.set(partition, position);
    // A group that starts at the end has a beginning from now on: what arrives while it is away is not skipped.
    if (starting.size > 0 && (this.#reset || startingPosition !== "TRIM_HORIZON"))
      await this.commit(starting);
    this.#reset = false;
    return committed;
  }

  async startingPositions(partitions: number[]): Promise<Map<number, number>> {
    if (partitions.length === 0) return new Map();
    const { topic, startingPosition, startingTimestamp } = this.#mapping;
    const list = async (timestamp: number) =>
      (
        await this.#consumer.listOffsets({
          topics: [topic],
          partitions: { [topic]: partitions },
          timestamp: BigInt(timestamp),
        })
      ).get(topic);
    const latest = -1;
    const earliest = -2;
    const wanted = { LATEST: latest, TRIM_HORIZON: earliest, AT_TIMESTAMP: startingTimestamp ?? latest };
    const offsets = await list(wanted[startingPosition]);
    // No record is as young as the timestamp: the next one will be.
    const end = offsets?.some((offset) => offset < 0n) ? await list(latest) : undefined;
    return new Map(
      partitions.map((partition) => {
        const offset = Number(offsets?.[partition] ?? -1);
        return [partition, offset >= 0 ? offset : Number(end?.[partition] ?? 0)];
      }),
    );
  }

  #explain(error: unknown): unknown {
    const { topic } = this.#mapping;
    const unknownTopic = error instanceof Error && error.message.startsWith("Unknown topic");
    return unknownTopic ? new Error(`no topic ${topic}: create it, a mapping never does`) : error;
  }

  /**
   * A process that was killed keeps its seat until its session ends, and its partitions stay unread. Seats of this
   * machine whose process is gone are freed at once.
   */
  async #unseatTheDead(): Promise<void> {
    const admin = keepListening(new Admin({ ...this.#client, retries: 0 }));
    try {
      const group = (await admin.describeGroups({ groups: [this.#mapping.group] })).get(this.#mapping.group);
      const dead = [...(group?.members.values() ?? [])].filter(
        ({ id, clientId }) => id !== this.#consumer.memberId && isDead(clientId),
      );
      if (dead.length === 0) return;
      await admin.removeMembersFromConsumerGroup({
        groupId: this.#mapping.group,
        members: dead.map(({ id }) => ({ memberId: id })),
      });
    } finally {
      await admin.close();
    }
  }
}

/** KafkaClient ids begin with it: who a member of the group is. */
const seat = `event-sources@${hostname()}:`;

function isDead(clientId: string): boolean {
  if (!clientId.startsWith(seat)) return false;
  const pid = Number(clientId.slice(seat.length));
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

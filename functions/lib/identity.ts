import { formatPosition, type Position } from "../../events/origin.ts";
import type { KafkaPlace, RabbitMQPlace } from "./message.ts";
import type { ByteWriter, RowEncoder } from "./row-binary.ts";

/** A condition on identity columns with its bound parameters. */
export interface Condition {
  where: string;
  params: Record<string, unknown>;
}

/** What makes a row of a table count once: the columns that say where it came from, and how they are looked up. */
export interface Identity<Place> {
  /** The columns a writer fills: EPHEMERAL inputs of the hidden ones. */
  inputs: RowEncoder<Place>;
  /** Equal for copies of one fact; `undefined` when the source gave nothing to tell copies by. */
  key(place: Place): string | undefined;
  /** The expression that gives `key` back from a stored row. */
  keyOfRow: string;
  /** Finds every stored row of these places, and may find neighbours. `undefined` when none of them has a key. */
  find(places: Place[]): Condition | undefined;
  /**
   * Finds the rows that an earlier delivery of these very messages wrote, and none that came by another copy of the fact.
   * `undefined` when none of them was delivered before.
   */
  again(places: Place[]): Condition | undefined;
  /** Rows come in the order of these, and each has its own: the place itself, where that is the identity. */
  rising?(place: Place): Position;
}

const readNames = ["in_topic", "in_partition", "in_offset"];
const originNames = ["in_origin_topic", "in_origin_partition", "in_origin_offset"];

const writePosition = (out: ByteWriter, { topic, partition, offset }: Position): void => {
  out.string(topic);
  out.uint32(partition);
  out.int64(offset);
};

const keyOfPosition = (prefix: string) =>
  `concat(${prefix}_topic, ':', toString(${prefix}_partition), ':', toString(${prefix}_offset))`;

/** Rows of a Kafka topic written by others: the position they were read at. */
export const readPosition: Identity<KafkaPlace> = {
  inputs: { names: readNames, write: writePosition },
  key: formatPosition,
  keyOfRow: keyOfPosition(""),
  find: (places) => findPositions("", places),
  again: (places) => findPositions("", places),
  rising: (place) => place,
};

/** Rows that came through one of our functions: the position their fact first entered at, beside where they were read. */
export const originPosition: Identity<KafkaPlace> = {
  inputs: {
    names: [...readNames, ...originNames],
    write(out, place) {
      writePosition(out, place);
      writePosition(out, place.origin);
    },
  },
  key: ({ origin }) => formatPosition(origin),
  keyOfRow: keyOfPosition("_origin"),
  find: (places) =>
    findPositions(
      "_origin",
      places.map(({ origin }) => origin),
    ),
  again: (places) => findPositions("", places),
};

/** Rows of a RabbitMQ queue: the publisher's message_id. */
export const messageId: Identity<RabbitMQPlace> = {
  inputs: {
    names: ["in_queue", "in_message_id"],
    write(out, { queue, messageId }) {
      out.string(queue);
      out.string(messageId);
    },
  },
  key: ({ messageId }) => messageId || undefined,
  keyOfRow: "_message_id",
  find: findMessages,
  again: (places) => findMessages(places.filter(({ redelivered }) => redelivered)),
};

function findMessages(all: RabbitMQPlace[]): Condition | undefined {
  const places = all.filter(({ messageId }) => messageId !== "");
  if (places.length === 0) return undefined;
  const ids = isOneOf(
    "_message_id",
    "String",
    places.map(({ messageId }) => messageId),
  );
  const queues = isOneOf("_queue", "String", [...new Set(places.map(({ queue }) => queue))]);
  return { where: `${queues.where} AND ${ids.where}`, params: { ...queues.params, ...ids.params } };
}

/** Where a commit was read, and which one it is. */
export interface CommitPlace extends KafkaPlace {
  /** `owner/name`; empty when the producer did not say. */
  repo: string;
  commitId: string;
}

/** Commits: the repository and the commit's id, whoever sent it and wherever it was read. */
export const commitId: Identity<CommitPlace> = {
  inputs: { names: readNames, write: writePosition },
  key: ({ repo, commitId }) => `${Buffer.byteLength(commitId)} ${commitId}${repo}`,
  keyOfRow: "concat(toString(length(commit_id)), ' ', commit_id, repo)",
  find: (places) =>
    isOneOf(
      "commit_id",
      "String",
      places.map(({ commitId }) => commitId),
    ),
  again: (places) => findPositions("", places),
};

/** Where an event was read, and which one it is. */
export interface EventPlace extends KafkaPlace {
  id: string;
}

/** Events: their own `id`, whoever sent them again and wherever they were read. */
export const eventId: Identity<EventPlace> = {
  inputs: { names: readNames, write: writePosition },
  key: ({ id }) => id,
  keyOfRow: "id",
  find: (places) =>
    isOneOf(
      "id",
      "String",
      places.map(({ id }) => id),
    ),
  again: (places) => findPositions("", places),
};

/** A server takes parameters of up to 128 KiB each (`http_max_field_value_size`); escaping at most doubles a value. */
const mostBytes = 60_000;

type Value = string | number | bigint;

/** A column is one of these values, bound as as many lists as a server takes. `name` begins the parameters' names. */
export function isOneOf(column: string, type: string, values: Value[], name: string = column): Condition {
  const lists: Value[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const value of values) {
    const size = Buffer.byteLength(String(value)) + "'',".length;
    if (bytes + size > mostBytes) {
      lists.push([]);
      bytes = 0;
    }
    lists.at(-1)?.push(value);
    bytes += size;
  }
  const clauses = lists.map((_, n) => `${column} IN {${name}_${n}: Array(${type})}`);
  return {
    where: `(${clauses.join(" OR ") || "false"})`,
    params: Object.fromEntries(lists.map((list, n) => [`${name}_${n}`, list])),
  };
}

/** A range where a partition's offsets lie close together (nearly always), the offsets themselves where they do not. */
function findPositions(prefix: string, positions: Position[]): Condition | undefined {
  if (positions.length === 0) return undefined;
  return inPartitions(prefix, byPartition(positions), ({ offsets, first, last }, n) =>
    last - first < 4 * offsets.length
      ? {
          where: `${prefix}_offset BETWEEN {first${n}: UInt64} AND {last${n}: UInt64}`,
          params: { [`first${n}`]: first, [`last${n}`]: last },
        }
      : isOneOf(`${prefix}_offset`, "UInt64", offsets, `offsets${n}`),
  );
}

/** Rows of any of these runs' partitions that a condition on their offsets holds for; `n` tells its parameters apart. */
export function inPartitions(
  prefix: string,
  runs: Run[],
  ofOffsets: (run: Run, n: number) => Condition,
): Condition {
  const params: Record<string, unknown> = {};
  const clauses = runs.map((run, n) => {
    const one = ofOffsets(run, n);
    Object.assign(params, { [`t${n}`]: run.topic, [`p${n}`]: run.partition, ...one.params });
    return `(${prefix}_topic = {t${n}: String} AND ${prefix}_partition = {p${n}: UInt32} AND ${one.where})`;
  });
  return { where: clauses.join(" OR "), params };
}

/** Positions in one partition. */
export interface Run {
  topic: string;
  partition: number;
  offsets: number[];
  first: number;
  last: number;
}

/** A batch comes partition after partition, so a look at the one before nearly always tells which run a position is in. */
export function byPartition(positions: Position[]): Run[] {
  const runs = new Map<string, Run>();
  let run: Run | undefined;
  for (const { topic, partition, offset } of positions) {
    if (run?.partition !== partition || run.topic !== topic) {
      const key = laneOf({ topic, partition });
      run = runs.get(key) ?? { topic, partition, offsets: [], first: offset, last: offset };
      runs.set(key, run);
    }
    run.offsets.push(offset);
    if (offset < run.first) run.first = offset;
    if (offset > run.last) run.last = offset;
  }
  return [...runs.values()];
}

/** Whether these come partition after partition, each in order, as a mapping delivers them: then no two are the same. */
export function areRising<T>(items: T[], positionOf: (item: T) => Position): boolean {
  const lanes = new Set<string>();
  let last: Position | undefined;
  for (const item of items) {
    const position = positionOf(item);
    const sameLane = position.partition === last?.partition && position.topic === last.topic;
    if (sameLane && position.offset <= (last?.offset ?? 0)) return false;
    if (!sameLane && lanes.size === lanes.add(laneOf(position)).size) return false;
    last = position;
  }
  return true;
}

/** The lane of a Kafka partition. */
export const laneOf = ({ topic, partition }: Omit<Position, "offset">): string => `${topic}:${partition}`;

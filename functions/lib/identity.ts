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
  /** Finds every stored row of these places, and may find neighbours. */
  find(places: Place[]): Condition;
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
  find: (places) => ({
    where: "_queue IN {queues: Array(String)} AND _message_id IN {ids: Array(String)}",
    params: {
      queues: [...new Set(places.map(({ queue }) => queue))],
      ids: places.map(({ messageId }) => messageId),
    },
  }),
};

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
  find: (places) => ({
    where: "commit_id IN {ids: Array(String)}",
    params: { ids: places.map(({ commitId }) => commitId) },
  }),
};

/** A range where a partition's offsets lie close together (nearly always), the offsets themselves where they do not. */
function findPositions(prefix: string, positions: Position[]): Condition {
  const params: Record<string, unknown> = {};
  const partitions = Map.groupBy(positions, ({ topic, partition }) => `${topic}:${partition}`).values();
  const clauses = [...partitions].map((run, n) => {
    const offsets = run.map(({ offset }) => offset);
    const [first, last] = [
      offsets.reduce((a, b) => Math.min(a, b)),
      offsets.reduce((a, b) => Math.max(a, b)),
    ];
    const dense = last - first < 4 * offsets.length;
    params[`t${n}`] = run[0]?.topic;
    params[`p${n}`] = run[0]?.partition;
    if (dense) Object.assign(params, { [`first${n}`]: first, [`last${n}`]: last });
    else params[`offsets${n}`] = offsets;
    const offset = dense
      ? `BETWEEN {first${n}: UInt64} AND {last${n}: UInt64}`
      : `IN {offsets${n}: Array(UInt64)}`;
    return `(${prefix}_topic = {t${n}: String} AND ${prefix}_partition = {p${n}: UInt32} AND ${prefix}_offset ${offset})`;
  });
  return { where: clauses.join(" OR "), params };
}

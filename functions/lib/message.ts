import {
  decodeKafkaHeaders,
  eachKafkaRecord,
  type KafkaEvent,
  type KafkaEventRecord,
} from "../../events/envelope/kafka.ts";
import {
  decodeRabbitMQDate,
  decodeRabbitMQHeaders,
  eachRabbitMQMessage,
  type RabbitMQEvent,
} from "../../events/envelope/rabbitmq.ts";
import type { Span } from "../../events/envelope/span.ts";
import { formatPosition, originHeader, type Position, parsePosition } from "../../events/origin.ts";
import { laneOf } from "./identity.ts";

/** One message of a batch, whatever broker it came from. */
export interface Message<Place = unknown> {
  /** `kafka:<topic>` or `rabbitmq:<queue>`. */
  source: string;
  /** `<topic>:<partition>:<offset>`, or the message_id; empty when the publisher gave none. */
  position: string;
  /** `<topic>:<partition>` or the queue: deliveries of one lane never overlap. */
  lane: string;
  place: Place;
  body: Span | null;
  headers: [name: string, value: Buffer][];
  /** Epoch milliseconds: when the broker or the publisher says it was sent. */
  sentAt: number | undefined;
}

/** Where a Kafka record was read, and where its fact first entered the system (the same place, unless it says otherwise). */
export interface KafkaPlace extends Position {
  origin: Position;
}

export interface RabbitMQPlace {
  queue: string;
  /** Empty when the publisher gave none: such a message counts at least once. */
  messageId: string;
  /** False: this message was not delivered before (https://www.rabbitmq.com/docs/reliability). True is a hint. */
  redelivered: boolean;
}

export function readKafka(event: KafkaEvent): Message<KafkaPlace>[] {
  let [source, lane] = ["", ""];
  let before: KafkaEventRecord | undefined;
  const messages: Message<KafkaPlace>[] = [];
  eachKafkaRecord(event, (record, value) => {
    const { topic, partition } = record;
    if (topic !== before?.topic || partition !== before.partition) {
      source = `kafka:${topic}`;
      lane = laneOf(record);
      before = record;
    }
    messages.push(new KafkaMessage(source, lane, record, value));
  });
  return messages;
}

/** Its own place; a batch of thousands lives on as few objects as it can. */
class KafkaMessage implements Message<KafkaPlace>, KafkaPlace {
  readonly source: string;
  readonly lane: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly body: Span | null;
  readonly headers: Message["headers"];
  readonly sentAt: number;
  readonly #passedOn: Position | undefined;

  constructor(source: string, lane: string, record: KafkaEventRecord, body: Span | null) {
    this.source = source;
    this.lane = lane;
    this.topic = record.topic;
    this.partition = record.partition;
    this.offset = record.offset;
    this.body = body;
    this.headers = decodeKafkaHeaders(record);
    this.sentAt = record.timestamp;
    this.#passedOn = originOf(this.headers);
  }

  get place(): KafkaPlace {
    return this;
  }

  get origin(): Position {
    return this.#passedOn ?? this;
  }

  get position(): string {
    return formatPosition(this);
  }
}

function originOf(headers: Message["headers"]): Position | undefined {
  const origin = headerOf(headers, originHeader);
  return origin === undefined ? undefined : parsePosition(origin);
}

/** The first header of this name, as text. */
export const headerOf = (headers: Message["headers"], wanted: string): string | undefined =>
  headers.find(([name]) => name === wanted)?.[1].toString();

export function readRabbitMQ(event: RabbitMQEvent): Message<RabbitMQPlace>[] {
  const messages: Message<RabbitMQPlace>[] = [];
  eachRabbitMQMessage(event, (queue, _vhost, { basicProperties, redelivered = false }, body) => {
    const { messageId: id, timestamp, headers } = basicProperties ?? {};
    const messageId = id ?? "";
    messages.push({
      source: `rabbitmq:${queue}`,
      position: messageId,
      lane: queue,
      place: { queue, messageId, redelivered },
      body,
      headers: headers
        ? Object.entries(decodeRabbitMQHeaders(headers)).map(([name, value]) => [name, asBytes(value)])
        : [],
      sentAt: uuidV7Time(messageId) ?? (timestamp ? decodeRabbitMQDate(timestamp) * 1000 : undefined),
    });
  });
  return messages;
}

const asBytes = (value: unknown): Buffer =>
  Buffer.isBuffer(value)
    ? value
    : Buffer.from(typeof value === "string" ? value : (JSON.stringify(value) ?? ""));

const uuidV7 = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/i;

/** The milliseconds in a UUID of version 7 (RFC 9562 §5.7); `undefined` for any other id. */
export const uuidV7Time = (id: string): number | undefined =>
  uuidV7.test(id) ? Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : undefined;

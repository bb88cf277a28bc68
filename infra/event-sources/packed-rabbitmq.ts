/**
 * RabbitMQ messages on their way into a worker thread, where they become an event: their bodies as one block of bytes and
 * their properties column by column, which cost the structured clone less than as many objects.
 */
import {
  encodeRabbitMQEvent,
  type RabbitMQEvent,
  type RabbitMQMessage,
} from "../../events/envelope/rabbitmq.ts";

type Properties = RabbitMQMessage["properties"];

/** Lists have one item a message, in order. */
export interface PackedRabbitMQ {
  packedRabbitMQ: { brokerArn: string; queue: string; vhost: string };
  redelivered: Uint8Array;
  bytes: Uint8Array;
  /** Where each body ends in `bytes`. */
  ends: Uint32Array;
  /** Of the properties that any message has; undefined where one has it not. */
  properties: { [Name in keyof Properties]: Properties[Name][] };
}

/** @param messages of one queue: a mapping consumes no other. */
export function packRabbitMQ(brokerArn: string, messages: RabbitMQMessage[]): PackedRabbitMQ {
  const { queue = "", vhost = "" } = messages[0] ?? {};
  const ends = new Uint32Array(messages.length);
  const redelivered = new Uint8Array(messages.length);
  let end = 0;
  for (const [index, message] of messages.entries()) {
    end += message.body.length;
    ends[index] = end;
    redelivered[index] = Number(message.redelivered);
  }
  // Not of the pool: a clone of a view copies all that is under it.
  const bytes = Buffer.allocUnsafeSlow(end);
  const columns: Record<string, unknown[]> = {};
  for (const [index, { body, properties }] of messages.entries()) {
    body.copy(bytes, (ends[index] as number) - body.length);
    for (const name in properties) {
      const value = properties[name as keyof Properties];
      if (value === undefined) continue;
      columns[name] ??= new Array(messages.length).fill(undefined);
      columns[name][index] = value;
    }
  }
  return { packedRabbitMQ: { brokerArn, queue, vhost }, redelivered, bytes, ends, properties: columns };
}

export const isPackedRabbitMQ = (event: unknown): event is PackedRabbitMQ =>
  typeof event === "object" && event !== null && "packedRabbitMQ" in event;

export const unpackRabbitMQ = (packed: PackedRabbitMQ): RabbitMQEvent =>
  encodeRabbitMQEvent(packed.packedRabbitMQ.brokerArn, messagesOf(packed));

function* messagesOf({ packedRabbitMQ, redelivered, bytes, ends, properties }: PackedRabbitMQ) {
  const { queue, vhost } = packedRabbitMQ;
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const columns = Object.entries(properties);
  let start = 0;
  for (const [index, end] of ends.entries()) {
    const own: Record<string, unknown> = {};
    for (const [name, column] of columns) own[name] = column[index];
    const body = all.subarray(start, end);
    yield {
      queue,
      vhost,
      redelivered: redelivered[index] === 1,
      properties: own,
      body,
    } satisfies RabbitMQMessage;
    start = end;
  }
}

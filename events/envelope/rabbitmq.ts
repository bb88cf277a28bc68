import { openBase64 } from "./base64.ts";
import type { Span } from "./span.ts";

/**
 * The Lambda event of a `rabbitmq` event source mapping, both ways.
 * Wire format: https://docs.aws.amazon.com/lambda/latest/dg/with-mq.html, and captured events: all 15
 * `basicProperties` are always there, and header values look as the Java client's do when printed by Gson.
 */

/** One message as a queue holds it. Properties a publisher left out are absent. */
export interface RabbitMQMessage {
  queue: string;
  /** `/` is the default virtual host. */
  vhost: string;
  redelivered: boolean;
  properties: {
    contentType?: string;
    contentEncoding?: string;
    /**
     * As amqplib reads a field table: long strings are strings, timestamps `{"!": "timestamp", value: epoch seconds}`,
     * decimals `{"!": "decimal", value: {places, digits}}`, byte arrays Buffers.
     */
    headers?: Record<string, unknown>;
    deliveryMode?: number;
    priority?: number;
    correlationId?: string;
    replyTo?: string;
    expiration?: string;
    messageId?: string;
    /** Epoch seconds. */
    timestamp?: number;
    type?: string;
    userId?: string;
    appId?: string;
    clusterId?: string;
  };
  body: Buffer;
}

export interface RabbitMQEvent {
  eventSourceArn: string;
  /** Keyed `<queue>::<virtual host>`. */
  rmqMessagesByQueue: Record<string, RabbitMQEventMessage[]>;
  eventSource: "aws:rmq";
}

export interface RabbitMQEventMessage {
  basicProperties: {
    contentType: string | null;
    contentEncoding: string | null;
    /** Null without the property, `{}` for an empty table. */
    headers: Record<string, unknown> | null;
    deliveryMode: number | null;
    priority: number | null;
    correlationId: string | null;
    replyTo: string | null;
    expiration: string | null;
    messageId: string | null;
    /** UTC, like `Jan 1, 1970, 12:33:41 AM`. */
    timestamp: string | null;
    type: string | null;
    userId: string | null;
    appId: string | null;
    clusterId: string | null;
    /** Bytes of the body before base64. */
    bodySize: number;
  };
  redelivered: boolean;
  /** Base64. */
  data: string;
}

export function encodeRabbitMQEvent(brokerArn: string, messages: Iterable<RabbitMQMessage>): RabbitMQEvent {
  const byQueue: RabbitMQEvent["rmqMessagesByQueue"] = {};
  let [queue, vhost]: (string | undefined)[] = [];
  let encoded: RabbitMQEventMessage[] = [];
  for (const message of messages) {
    if (message.queue !== queue || message.vhost !== vhost) {
      ({ queue, vhost } = message);
      encoded = byQueue[`${queue}::${vhost}`] ??= [];
    }
    encoded.push(encodeRabbitMQMessage(message));
  }
  return wrapRabbitMQMessages(brokerArn, byQueue);
}

/** The event of messages that are encoded already. */
export const wrapRabbitMQMessages = (
  brokerArn: string,
  byQueue: RabbitMQEvent["rmqMessagesByQueue"],
): RabbitMQEvent => ({ eventSourceArn: brokerArn, rmqMessagesByQueue: byQueue, eventSource: "aws:rmq" });

/**
 * Every message of the event, queue after queue. What the wire cannot tell apart comes back as its nearest: a byte
 * array as an array of numbers, a decimal as a number.
 * @throws TypeError when this is no RabbitMQ event at all.
 */
export function decodeRabbitMQEvent(event: RabbitMQEvent): RabbitMQMessage[] {
  const messages: RabbitMQMessage[] = [];
  eachRabbitMQMessage(event, (queue, vhost, { basicProperties, redelivered = false }, body) =>
    messages.push({
      queue,
      vhost,
      redelivered,
      properties: decodeProperties(basicProperties),
      body: body.bytes(),
    }),
  );
  return messages;
}

/**
 * The same with properties as the event has them, and the bodies in one buffer.
 * @throws TypeError when this is no RabbitMQ event at all.
 */
export function eachRabbitMQMessage(
  event: RabbitMQEvent,
  take: (queue: string, vhost: string, message: RabbitMQEventMessage, body: Span) => void,
): void {
  if (!isMessageMap(event?.rmqMessagesByQueue)) {
    throw new TypeError(
      'Not a RabbitMQ event: expected {"eventSource": "aws:rmq", "rmqMessagesByQueue": {"<queue>::<virtual host>": [message, …]}}',
    );
  }
  const queues = Object.entries(event.rmqMessagesByQueue);
  const decode = openBase64(queues.flatMap(([, messages]) => messages.map(({ data }) => data)));
  for (const [key, messages] of queues) {
    const separator = key.lastIndexOf("::");
    const queue = separator < 0 ? key : key.slice(0, separator);
    const vhost = separator < 0 ? "/" : key.slice(separator + 2);
    for (const message of messages) take(queue, vhost, message, decode(message.data ?? ""));
  }
}

/** UTF-8 bytes of the event without messages, as JSON. */
export const rabbitMQEventBytes = (brokerArn: string): number =>
  Buffer.byteLength(JSON.stringify(encodeRabbitMQEvent(brokerArn, [])));

/** UTF-8 bytes of one message inside the event, counted without encoding it. */
export function rabbitMQMessageBytes({ properties, redelivered, body }: RabbitMQMessage): number {
  let bytes = bareMessageBytes + Math.ceil(body.length / 3) * 4 + String(body.length).length - "0".length;
  if (redelivered) bytes += "true".length - "false".length;
  for (const name in properties) {
    const value = properties[name as keyof typeof properties];
    if (value === undefined) continue;
    if (name === "timestamp") bytes += jsonBytes(encodeDate(value as number));
    else if (name === "headers") bytes += jsonBytes(encodeTable(value as Record<string, unknown>));
    else bytes += jsonBytes(value);
    bytes -= "null".length;
  }
  return bytes;
}

/** Printable ASCII that JSON writes as it is. */
const plain = /^[ !#-[\]-~]*$/;

const jsonBytes = (value: unknown): number =>
  typeof value === "string" && plain.test(value)
    ? value.length + '""'.length
    : Buffer.byteLength(JSON.stringify(value));

function isMessageMap(messages: unknown): boolean {
  return (
    typeof messages === "object" &&
    messages !== null &&
    !Array.isArray(messages) &&
    Object.values(messages).every(Array.isArray)
  );
}

/** One message of an event. */
export function encodeRabbitMQMessage({
  properties,
  redelivered,
  body,
}: RabbitMQMessage): RabbitMQEventMessage {
  return {
    basicProperties: {
      contentType: properties.contentType ?? null,
      contentEncoding: properties.contentEncoding ?? null,
      headers: properties.headers === undefined ? null : encodeTable(properties.headers),
      deliveryMode: properties.deliveryMode ?? null,
      priority: properties.priority ?? null,
      correlationId: properties.correlationId ?? null,
      replyTo: properties.replyTo ?? null,
      expiration: properties.expiration ?? null,
      messageId: properties.messageId ?? null,
      timestamp: properties.timestamp === undefined ? null : encodeDate(properties.timestamp),
      type: properties.type ?? null,
      userId: properties.userId ?? null,
      appId: properties.appId ?? null,
      clusterId: properties.clusterId ?? null,
      bodySize: body.length,
    },
    redelivered,
    data: body.toString("base64"),
  };
}

function decodeProperties(given: Record<string, unknown> = {}): Record<string, unknown> {
  const properties: Record<string, unknown> = {};
  for (const name of Object.keys(given)) {
    const value = given[name];
    if (value === null || value === undefined || name === "bodySize") continue;
    if (name === "headers") properties[name] = decodeRabbitMQHeaders(value as Record<string, unknown>);
    else properties[name] = name === "timestamp" ? decodeRabbitMQDate(value as string) : value;
  }
  return properties;
}

const encodeTable = (table: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(table).map(([name, value]) => [name, encodeField(value)]));

export const decodeRabbitMQHeaders = (table: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(table).map(([name, value]) => [name, decodeField(value)]));

function encodeField(value: unknown): unknown {
  if (typeof value === "string") return { bytes: Array.from(Buffer.from(value), signed) };
  if (value instanceof Uint8Array) return Array.from(value, signed);
  if (Array.isArray(value)) return value.map(encodeField);
  if (typeof value !== "object" || value === null) return value;
  const typed = value as { "!"?: string; value?: unknown };
  if (typed["!"] === "timestamp") return encodeDate(typed.value as number);
  if (typed["!"] === "decimal") {
    const { places, digits } = typed.value as { places: number; digits: number };
    return digits / 10 ** places;
  }
  return encodeTable(value as Record<string, unknown>);
}

/** A long string is always `{bytes}`, so a bare string can only be a date. */
function decodeField(value: unknown): unknown {
  if (typeof value === "string") return { "!": "timestamp", value: decodeRabbitMQDate(value) };
  if (Array.isArray(value)) return value.map(decodeField);
  if (typeof value !== "object" || value === null) return value;
  const { bytes } = value as { bytes?: unknown };
  if (Array.isArray(bytes) && Object.keys(value).length === 1) return Buffer.from(bytes).toString();
  return decodeRabbitMQHeaders(value as Record<string, unknown>);
}

const medium = new Intl.DateTimeFormat("en-US", {
  dateStyle: "medium",
  timeStyle: "medium",
  timeZone: "UTC",
});

/** Most messages of a batch are of one second, and dates take longer than all the rest of a message. */
function rememberLast<Key, Value>(convert: (key: Key) => Value): (key: Key) => Value {
  let last: [Key, Value] | undefined;
  return (key) => {
    if (last?.[0] !== key) last = [key, convert(key)];
    return last[1];
  };
}

/** Newer ICU puts a narrow no-break space before AM and PM, Java's default format an ordinary one. */
const encodeDate = rememberLast((seconds: number): string =>
  medium.format(Math.min(seconds, lastSecond) * 1000).replace("\u202f", " "),
);

/** Epoch seconds. */
export const decodeRabbitMQDate = rememberLast((text: string): number => Date.parse(`${text} UTC`) / 1000);

/** The last second a Date can hold; a publisher's microseconds lie beyond it. */
const lastSecond = 8_640_000_000_000;

const signed = (byte: number) => (byte << 24) >> 24;

const bareMessageBytes = JSON.stringify(
  encodeRabbitMQMessage({ queue: "", vhost: "", redelivered: false, properties: {}, body: Buffer.alloc(0) }),
).length;

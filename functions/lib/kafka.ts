import { CompressionTypes, Kafka, logLevel, type Producer } from "kafkajs";
import * as z from "zod";
import { log } from "./log.ts";

export interface Outgoing {
  key: string;
  value: Buffer;
  headers?: Record<string, string>;
}

/** Resolves when every in-sync replica has every message. */
export type Produce = (topic: string, messages: Outgoing[]) => Promise<void>;

export const kafkaVariables = {
  /** Comma separated `host:port`. */
  KAFKA_BROKERS: z.string().transform((brokers) => brokers.split(",").map((broker) => broker.trim())),
};

/** Without a batch for so long the connection is closed: `sls invoke local` ends, and a thawed sandbox holds no dead socket. */
const idleMs = 3000;

/** One idempotent producer for this execution environment, connected by the batch that needs it. */
export function openProducer(env: { KAFKA_BROKERS: string[] }): Produce {
  const kafka = new Kafka({
    clientId: "sluice",
    brokers: env.KAFKA_BROKERS,
    logLevel: logLevel.ERROR,
    logCreator:
      () =>
      ({ log: entry }) =>
        log("error", `kafka: ${entry.message}`, { error: entry.error }),
    retry: { retries: 5 },
  });
  let connection: Promise<Producer> | undefined;
  let idle: NodeJS.Timeout | undefined;
  const close = () => {
    const closing = connection;
    connection = undefined;
    closing?.then((producer) => producer.disconnect()).catch(() => {}); // The next batch connects anew.
  };
  return async (topic, messages) => {
    if (messages.length === 0) return;
    clearTimeout(idle);
    connection ??= connect(kafka);
    try {
      const producer = await connection;
      for (const part of inRequests(messages)) {
        await producer.send({ topic, messages: part, acks: -1, compression: CompressionTypes.None });
      }
    } catch (error) {
      close();
      throw error;
    }
    clearTimeout(idle);
    idle = setTimeout(close, idleMs);
  };
}

/** A broker takes 1 MiB for one partition (`message.max.bytes`), and all messages may belong to one. */
const requestBytes = 768 * 1024;

/** In order, each part within what a broker takes. */
export function inRequests(messages: Outgoing[]): Outgoing[][] {
  const parts: Outgoing[][] = [];
  let room = 0;
  for (const message of messages) {
    const size = 128 + 3 * message.key.length + message.value.length;
    if (size > room || parts.length === 0) {
      parts.push([]);
      room = requestBytes;
    }
    room -= size;
    parts.at(-1)?.push(message);
  }
  return parts;
}

async function connect(kafka: Kafka): Promise<Producer> {
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
  });
  await producer.connect();
  return producer;
}

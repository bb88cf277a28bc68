import { CompressionTypes, Kafka, logLevel } from "kafkajs";
import { z } from "zod";
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

/** One idempotent producer for this execution environment, connected by the first batch that needs it. */
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
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
  });
  let connected: Promise<void> | undefined;
  return async (topic, messages) => {
    if (messages.length === 0) return;
    connected ??= producer.connect();
    await connected.catch((error) => {
      connected = undefined;
      throw error;
    });
    await producer.send({ topic, messages, acks: -1, compression: CompressionTypes.None });
  };
}

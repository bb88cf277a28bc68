import { Kafka, logLevel, type Producer, type RetryOptions } from "kafkajs";

/** The topic of unclassified humans; `infra/stack/topology.ts` declares it. */
export const ratingsTopic = "dominate";
/** The topic of commits. */
export const commitsTopic = "commits_topic";

/**
 * A connected producer whose retries leave each message once in its partition, for `topic`, which must exist.
 * @throws Error, one sentence: where, what is wrong, what to do.
 */
export async function openProducer(brokers: string[], topic: string): Promise<Producer> {
  const admin = client(brokers, { retries: 2 }).admin();
  try {
    await admin.connect();
    await admin.fetchTopicMetadata({ topics: [topic] });
  } catch (error) {
    throw explainKafka(error, brokers, topic);
  } finally {
    await admin.disconnect();
  }
  // Once it answered, a broker has about a minute to come back. Reconnecting goes by the client's retries, not the producer's.
  const patient = client(brokers, { retries: 60, maxRetryTime: 1000 });
  const producer = patient.producer({
    idempotent: true,
    allowAutoTopicCreation: false,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  return producer;
}

const client = (brokers: string[], retry: RetryOptions) =>
  new Kafka({
    clientId: "sluice-generate",
    brokers,
    logLevel: logLevel.NOTHING,
    connectionTimeout: 3000,
    retry,
  });

/** kafkajs's errors in the words of whoever has to act on them. */
export function explainKafka(error: unknown, brokers: string[], topic: string): Error {
  const where = `Kafka at ${brokers.join(", ")}`;
  const root = rootCause(error as KafkaError);
  if (root.type === "UNKNOWN_TOPIC_OR_PARTITION")
    return new Error(`${where} has no topic "${topic}": run \`npx sluice up\`, which declares it.`, {
      cause: error,
    });
  if (root.name === "KafkaJSConnectionError" || root.name === "KafkaJSConnectionClosedError")
    return new Error(
      `${where} does not answer (${root.code ?? root.message}): start it with \`npx sluice up\`, or say where it is (KAFKA_BROKERS).`,
      { cause: error },
    );
  return new Error(`${where}: ${root.message}`, { cause: error });
}

interface KafkaError {
  name: string;
  message: string;
  /** Of a protocol error, such as UNKNOWN_TOPIC_OR_PARTITION. */
  type?: string;
  /** Of a connection, such as ECONNREFUSED. */
  code?: string;
  cause?: KafkaError;
}

/** "Number of retries exceeded" says nothing; what was retried does. */
const rootCause = (error: KafkaError): KafkaError =>
  error.cause?.name.startsWith("KafkaJS") ? rootCause(error.cause) : error;

import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "amqplib";
import { Kafka, logLevel } from "kafkajs";
import { readCdcConfig, topicOf } from "../cdc/config.ts";
import type { Settings } from "../settings.ts";

/** Every exchange, queue and topic of the project. `up` makes them; event source mappings never declare. */
export const topology = {
  topics: ["dominate", "shadow", "commits_topic", "incomplete_pushes", "events"],
  partitions: 8,
  exchanges: [{ name: "chat", type: "fanout" }],
  queues: [
    {
      name: "chat.clickhouse",
      exchange: "chat",
      // A batch is redelivered for as long as ClickHouse is away: a small limit would drop messages, and -1 is not portable.
      arguments: { "x-queue-type": "quorum", "x-delivery-limit": 1_000_000 },
    },
  ],
} as const;

/**
 * The topics of the project, and those of the captured tables, which mappings read whether or not there is a Postgres. Those have one
 * partition: a key that changes takes its large values along, so what happens to one key is not independent of the others.
 */
export async function applyTopics(settings: Settings): Promise<void> {
  const config = readCdcConfig();
  const ours = topology.topics.map((topic) => ({ topic, numPartitions: topology.partitions }));
  const captured = config.tables.map((table) => ({ topic: topicOf(config, table), numPartitions: 1 }));
  await createTopics(settings, [...ours, ...captured]);
}

type Topic = { topic: string; numPartitions: number };

/** Makes the topics that are not there yet; a topic that is there stays as it is. */
export async function createTopics(settings: Settings, topics: Topic[]): Promise<void> {
  const admin = new Kafka({ brokers: settings.brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        await admin.createTopics({ topics, waitForLeaders: true });
        return;
      } catch (error) {
        // kafkajs asks for the leaders at once; a broker under load may not know its own new topic yet.
        const isNew = (error as { type?: string }).type === "UNKNOWN_TOPIC_OR_PARTITION";
        if (!isNew || attempt === 10) throw error;
        await sleep(200);
      }
    }
  } finally {
    await admin.disconnect();
  }
}

/** Makes the exchanges and queues and binds them; one that is there with other arguments is an error that names it. */
export async function applyQueues(settings: Settings): Promise<void> {
  const connection = await connect(settings.rabbitmqUrl, { timeout: 5000 });
  try {
    const channel = await connection.createChannel();
    channel.on("error", () => {}); // The call that failed throws the same.
    for (const { name, type } of topology.exchanges)
      await channel.assertExchange(name, type, { durable: true });
    for (const queue of topology.queues) {
      await channel.assertQueue(queue.name, { durable: true, arguments: queue.arguments });
      await channel.bindQueue(queue.name, queue.exchange, "");
    }
  } finally {
    await connection.close();
  }
}

import { Kafka, logLevel } from "kafkajs";
import type { BenchOptions } from "./bench.ts";
import { commitBody } from "./commit.ts";

export const openKafka = (brokers: string[]) => new Kafka({ brokers, logLevel: logLevel.NOTHING });

export const partitions = 8;

/** A new topic of 8 partitions with so many commits, dealt out in turn. */
export const produceCommits = (
  brokers: string[],
  topic: string,
  count: number,
  progress: BenchOptions["progress"],
): Promise<void> => produceBodies(brokers, topic, count, commitBody, progress);

/** The same with bodies of any kind: `body` makes the n-th. */
export async function produceBodies(
  brokers: string[],
  topic: string,
  count: number,
  body: (n: number) => Buffer,
  progress: BenchOptions["progress"],
): Promise<void> {
  const kafka = openKafka(brokers);
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: true });
  await admin.disconnect();
  if (count === 0) return;
  progress(`producing ${count.toLocaleString("en")} messages of about ${body(count).length} bytes`);
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  for (let from = 0; from < count; from += 10_000) {
    const messages = Array.from({ length: Math.min(10_000, count - from) }, (_, i) => ({
      partition: i % partitions,
      value: body(from + i),
    }));
    await producer.send({ topic, messages });
  }
  await producer.disconnect();
}

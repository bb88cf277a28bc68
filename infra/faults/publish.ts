import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "amqplib";
import type { Producer } from "kafkajs";
import { chatExchange } from "../generate/rabbitmq.ts";

export interface ChatMessage {
  id: string;
  body: Buffer;
}

/** Publishes until the broker has confirmed each message; one in doubt is sent again under its own id. */
export async function publishChat(url: string, messages: ChatMessage[], pauseMs: number): Promise<void> {
  const left = [...messages];
  while (left.length > 0) {
    try {
      const connection = await connect(url, { timeout: 2000 });
      connection.on("error", () => {});
      try {
        const channel = await connection.createConfirmChannel();
        channel.on("error", () => {});
        while (left[0]) {
          const { id, body } = left[0];
          channel.publish(chatExchange, "", body, { messageId: id, persistent: true });
          await channel.waitForConfirms();
          left.shift();
          await sleep(pauseMs);
        }
      } finally {
        await connection.close().catch(() => {});
      }
    } catch {
      await sleep(300); // It was killed: it comes back.
    }
  }
}

export interface Record {
  topic: string;
  key: string;
  value: Buffer | null;
  headers?: { [name: string]: string };
}

/** Produces one after another, each once in its partition. @returns `<topic>:<partition>:<offset>` of each. */
export async function produceAll(
  producers: ReadonlyMap<string, Producer>,
  records: Record[],
  pauseMs: number,
): Promise<string[]> {
  const positions: string[] = [];
  for (const { topic, ...message } of records) {
    const [written] = (await producers.get(topic)?.send({ topic, messages: [message], acks: -1 })) ?? [];
    positions.push(`${topic}:${written?.partition}:${written?.baseOffset}`);
    await sleep(pauseMs);
  }
  return positions;
}

import { connect } from "amqplib";
import { originHeader, parsePosition } from "../../events/origin.ts";
import { refusalHeader } from "../../events/refusal.ts";
import { replayHeader } from "../../events/replay.ts";
import { openProducer } from "../generate/kafka.ts";
import type { Settings } from "../settings.ts";

/** A rejected message as it came, or as somebody mended it. */
export interface Replayable {
  /** Of its entry in the quarantine. */
  id: string;
  /** `kafka:<topic>`, `rabbitmq:<queue>` or `http:<source>`. */
  source: string;
  /** `<topic>:<partition>:<offset>`, or the message_id. */
  position: string;
  headers: [name: string, value: Buffer][];
  body: Buffer;
}

/** Sends messages the way they came, and resolves when who took them is responsible for them. */
type Send = (messages: Replayable[], attempt: string) => Promise<void>;

/**
 * The way back for messages of one source. What counts once still does, however often it is replayed: a Kafka record
 * carries the position it first had, a RabbitMQ message its message_id, an HTTP event its id.
 * @throws Error for a source that nothing is sent to.
 */
export function openWayBack(settings: Settings, source: string): Send {
  const [kind, name = ""] = source.split(/:(.*)/s);
  if (kind === "kafka") return toKafka(settings, name);
  if (kind === "rabbitmq") return toRabbitMQ(settings, name);
  if (kind === "http") return toCollector(settings, name);
  throw new Error(`Nothing is known of the source "${source}": a message of it cannot be replayed.`);
}

const toKafka =
  ({ brokers }: Settings, topic: string): Send =>
  async (messages, attempt) => {
    const producer = await openProducer(brokers, topic);
    try {
      for (const { position, headers, body } of messages) {
        const first = parsePosition(position);
        const kept = headers.filter(([name]) => name !== refusalHeader && name !== replayHeader);
        await producer.send({
          topic,
          acks: -1,
          messages: [
            {
              value: body,
              // The partition it was in: what it is about may be ordered with others there.
              ...(first?.topic === topic && { partition: first.partition }),
              headers: {
                ...(first && { [originHeader]: position }),
                ...Object.fromEntries(kept),
                [replayHeader]: attempt,
              },
            },
          ],
        });
      }
    } finally {
      await producer.disconnect();
    }
  };

/** Into the queue itself: those who listen at the exchange have heard it. */
const toRabbitMQ =
  ({ rabbitmqUrl }: Settings, queue: string): Send =>
  async (messages, attempt) => {
    const connection = await connect(rabbitmqUrl, { timeout: 3000 });
    connection.on("error", () => {}); // "close" fails what is under way.
    try {
      const channel = await connection.createConfirmChannel();
      channel.on("error", () => {});
      await channel.checkQueue(queue);
      for (const { id, position, headers, body } of messages)
        channel.sendToQueue(queue, body, {
          messageId: position || id,
          persistent: true,
          headers: {
            ...Object.fromEntries(headers.map(([name, value]) => [name, value.toString()])),
            [replayHeader]: attempt,
          },
        });
      await channel.waitForConfirms();
    } finally {
      await connection.close().catch(() => {});
    }
  };

const toCollector =
  ({ HTTP_PORT, SLUICE_WRITE_KEY }: Settings, source: string): Send =>
  async (messages) => {
    const url = `${process.env.SLUICE_URL ?? `http://127.0.0.1:${HTTP_PORT}`}/v1/events/${encodeURIComponent(source)}`;
    for (const { id, body } of messages) {
      const response = await fetch(url, {
        method: "POST",
        headers: {
          authorization: `Bearer ${SLUICE_WRITE_KEY}`,
          "content-type": "application/x-ndjson",
          // An event without an id gets the same one every time.
          "idempotency-key": id,
        },
        body: new Uint8Array(body),
        signal: AbortSignal.timeout(30_000),
      });
      const answer = await response.text();
      // 422: it is refused once more, and is in the quarantine with the new reason.
      if (!response.ok && response.status !== 422)
        throw new Error(`${url} answers ${response.status}: ${answer.slice(0, 300)}`);
    }
  };

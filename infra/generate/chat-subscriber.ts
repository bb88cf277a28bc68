import type { ChannelModel } from "amqplib";
import { type ChatMessage, chatMessage } from "../../events/chat-message.ts";
import { neutralise } from "../terminal/neutralise.ts";
import { chatExchange, closeRabbitMQ, connectRabbitMQ } from "./rabbitmq.ts";

export interface Subscription {
  url: string;
  /** Default: the chat room's. */
  exchange?: string;
  /** Resolves when the display has shown it; the broker sends only so many ahead. */
  onMessage: (message: ChatMessage, at: Date) => Promise<void>;
  /** A body that is no chat message, or a connection that went or came: one line. */
  onNotice: (text: string) => void;
  /** From here on nothing is missed. */
  onReady: () => void;
  signal: AbortSignal;
}

/** A paused display loses the oldest messages beyond this rather than filling the broker. */
const mostQueued = 10_000;

/**
 * Shows every message of the exchange until the signal aborts, through a queue of this display's own, which
 * goes when the display goes. A broker that restarts is waited for.
 * @throws Error, one sentence, when the first connection fails.
 */
export async function subscribe({
  url,
  exchange = chatExchange,
  signal,
  ...display
}: Subscription): Promise<void> {
  const setup = async (connection: ChannelModel) => {
    const channel = await connection.createChannel();
    channel.on("error", () => undefined); // "close" follows
    channel.on("close", () => void connection.close().catch(() => undefined)); // its loss starts the next one
    await channel.checkExchange(exchange);
    const options = {
      exclusive: true,
      autoDelete: true,
      durable: false,
      arguments: { "x-max-length": mostQueued },
    };
    const { queue } = await channel.assertQueue("", options);
    await channel.bindQueue(queue, exchange, "");
    await channel.prefetch(500);
    await channel.consume(queue, async (delivery) => {
      if (!delivery) return void channel.close().catch(() => undefined); // somebody deleted the queue
      await show(delivery.content);
      try {
        channel.ack(delivery);
      } catch {
        // The connection went while this was shown, and the queue with it: there is nothing left to settle.
      }
    });
  };
  const show = async (body: Buffer) => {
    const decoded = chatMessage.decode(body);
    if (decoded.ok) await display.onMessage(decoded.event, sentAt(decoded.event));
    else display.onNotice(`(no chat message: ${neutralise(decoded.detail)})`);
  };
  const connection = await connectRabbitMQ(url, {
    setup,
    reconnect: true,
    onLost: (error) => display.onNotice(`${error.message} Trying again.`),
    onBack: () => display.onNotice("RabbitMQ is back; what was said meanwhile went by."),
  });
  display.onReady();
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
  await closeRabbitMQ(connection);
}

const sentAt = ({ sent_at }: ChatMessage) => (sent_at === undefined ? new Date() : new Date(sent_at / 1000));

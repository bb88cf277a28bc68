import type { ChannelModel, ConfirmChannel } from "amqplib";
import { v7 } from "uuid";
import { chatMessage } from "../../events/chat-message.ts";
import type { Said } from "./chat-bot.ts";
import { type Message, Outbox } from "./outbox.ts";
import { chatExchange, closeRabbitMQ, connectRabbitMQ } from "./rabbitmq.ts";

export interface Publisher {
  /** Resolves when the message is written, waiting first while too many are unconfirmed. It is sent when `settled` says so. */
  publish(said: Said): Promise<void>;
  /** Resolves when the broker has confirmed everything published so far. */
  settled(): Promise<void>;
  /** How many messages the broker has taken responsibility for. */
  readonly confirmed: number;
  readonly unconfirmed: number;
  close(): Promise<void>;
}

export interface PublisherOptions {
  url: string;
  exchange?: string;
  /** Outlive the broker: what was not confirmed is published again, under the same `message_id`. */
  reconnect: boolean;
  /** One line on a connection that went or came. */
  onNotice?: (text: string) => void;
  /** How long the broker may take to confirm, in milliseconds. */
  confirmWithin?: number;
}

/**
 * Publishes to the exchange (the chat room's by default) with confirms, pipelined and in order.
 * @throws Error, one sentence, when the broker cannot be reached, has no such exchange, or no queue takes the message.
 */
export async function openPublisher(options: PublisherOptions): Promise<Publisher> {
  const { exchange = chatExchange, reconnect, onNotice, confirmWithin = 30_000 } = options;
  const outbox = new Outbox();
  let channel: ConfirmChannel | undefined;

  const write = (to: ConfirmChannel, message: Message) => {
    message.writtenAt = Date.now();
    to.publish(exchange, "", message.body, properties(message), (error) => {
      if (!error) return outbox.confirm(message.id);
      // A channel that closed says nothing about the message: the next connection writes it again.
      if (to !== channel) return;
      if (reconnect) setTimeout(() => to === channel && write(to, message), 100);
      else outbox.fail(new Error("RabbitMQ refused the message (a negative confirm)."), message.id);
    });
  };

  const setup = async (connection: ChannelModel) => {
    const fresh = await connection.createConfirmChannel();
    fresh.on("error", () => undefined); // "close" follows
    // First of the listeners: those of amqplib tell every unconfirmed message that its channel is gone.
    fresh.prependListener("close", () => {
      channel = undefined;
      connection.close().catch(() => undefined); // a lost connection is what starts the next one
    });
    fresh.on("return", ({ properties }) => outbox.fail(unroutable(exchange), properties.messageId));
    await fresh.checkExchange(exchange);
    channel = fresh;
    for (const message of outbox.unconfirmed()) write(fresh, message);
  };

  const connection = await connectRabbitMQ(options.url, {
    setup,
    reconnect,
    onLost(error) {
      if (reconnect) onNotice?.(`${error.message} Trying again; what it has not confirmed is kept.`);
      else outbox.fail(error);
    },
    onBack: () => onNotice?.(`RabbitMQ is back; ${outbox.size} waiting messages go out.`),
  });
  connection.on("blocked", (reason) => onNotice?.(`RabbitMQ takes no messages for now (${reason}).`));

  const patience = setInterval(() => {
    if (!channel || !outbox.oldest || Date.now() - outbox.oldest.writtenAt < confirmWithin) return;
    if (reconnect) channel.close().catch(() => undefined);
    else outbox.fail(new Error(`RabbitMQ did not confirm the message within ${confirmWithin / 1000} s.`));
  }, 500);

  return {
    async publish(said) {
      await outbox.room();
      const message = { id: v7(), body: chatMessage.encode(said), writtenAt: Date.now() };
      outbox.add(message);
      if (channel) write(channel, message);
    },
    settled: outbox.empty,
    get confirmed() {
      return outbox.confirmed;
    },
    get unconfirmed() {
      return outbox.size;
    },
    async close() {
      clearInterval(patience);
      await closeRabbitMQ(connection);
    },
  };
}

const properties = (message: Message) => ({
  messageId: message.id,
  timestamp: Math.floor(message.writtenAt / 1000),
  contentType: "application/json",
  contentEncoding: "utf-8",
  persistent: true,
  mandatory: true,
});

const unroutable = (exchange: string) =>
  new Error(
    `No queue is bound to exchange "${exchange}", so nobody would get the message: run \`npx sluice up\`, which declares it.`,
  );

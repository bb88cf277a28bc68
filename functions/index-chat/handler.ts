import { type ChatMessage, chatMessage } from "../../events/chat-message.ts";
import type { RabbitMQEvent } from "../../events/envelope/rabbitmq.ts";
import type { Lean } from "../../events/envelope/span.ts";
import { clickhouseVariables, openClickHouse } from "../lib/clickhouse.ts";
import { consumeIntoTable, type TableConsumer } from "../lib/consume.ts";
import { readEnv } from "../lib/env.ts";
import { messageId } from "../lib/identity.ts";
import { type RabbitMQPlace, readRabbitMQ } from "../lib/message.ts";
import { type Bytes, dateTime64, encodeColumns, string } from "../lib/row-binary.ts";
import { openStore, type Store } from "../lib/store.ts";

interface UserMessage {
  username: Bytes;
  message: Bytes;
  /** Epoch milliseconds. */
  received_at: number;
}

export const consumer: TableConsumer<RabbitMQEvent, Lean<ChatMessage>, RabbitMQPlace, UserMessage> = {
  name: "index-chat",
  read: readRabbitMQ,
  contract: chatMessage.lean,
  table: {
    name: "user_messages",
    columns: encodeColumns<UserMessage>({ username: string, message: string, received_at: dateTime64 }),
    identity: messageId,
  },
  row: ({ event: { username, message, sent_at }, message: { sentAt } }, now) => ({
    username,
    message,
    received_at: sent_at === undefined ? (sentAt ?? now) : Math.floor(sent_at / 1000),
  }),
};

/** Chat messages from RabbitMQ → `user_messages`. */
export const createHandler = (store: Store) => consumeIntoTable(consumer, store);

export const handler = createHandler(openStore(openClickHouse(readEnv(clickhouseVariables))));

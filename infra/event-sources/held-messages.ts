/** RabbitMQ messages that wait for their batch. */
import {
  encodeRabbitMQMessage,
  type RabbitMQEvent,
  type RabbitMQEventMessage,
  type RabbitMQMessage,
  rabbitMQMessageBytes,
  wrapRabbitMQMessages,
} from "../../events/envelope/rabbitmq.ts";
import { type PackedRabbitMQ, packRabbitMQ } from "./packed-rabbitmq.ts";

/** `bytes`: of the message inside its event, as JSON. */
export type Held = { bytes: number } & (
  | { message: RabbitMQMessage; encoded?: undefined }
  | { message?: undefined; encoded: RabbitMQEventMessage }
);

/**
 * What is to be packed for a worker thread waits as it came. Anything else is encoded at once, while the broker sends: then nothing is
 * left to do when its batch is complete, and what the client made of the message need not outlive the moment.
 */
export function hold(message: RabbitMQMessage, isPacked: boolean): Held {
  const bytes = rabbitMQMessageBytes(message);
  return isPacked ? { bytes, message } : { bytes, encoded: encodeRabbitMQMessage(message) };
}

/** @param key `<queue>::<virtual host>`. */
export const eventOf = (brokerArn: string, key: string, batch: Held[]): RabbitMQEvent =>
  wrapRabbitMQMessages(brokerArn, {
    [key]: batch.map(({ message, encoded }) => encoded ?? encodeRabbitMQMessage(message)),
  });

/** Of what is held to be packed. */
export const packedOf = (brokerArn: string, batch: Held[]): PackedRabbitMQ =>
  packRabbitMQ(
    brokerArn,
    batch.flatMap(({ message }) => message ?? []),
  );

export const messageIdOf = ({ message, encoded }: Held): string | undefined =>
  (message ? message.properties.messageId : encoded.basicProperties.messageId) ?? undefined;

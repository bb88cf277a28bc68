import { isPackedKafka, unpackKafka } from "./packed-kafka.ts";
import { isPackedRabbitMQ, unpackRabbitMQ } from "./packed-rabbitmq.ts";

/** The event of packed records or messages; any other event as it is. */
export function unpack(event: unknown): unknown {
  if (isPackedKafka(event)) return unpackKafka(event);
  return isPackedRabbitMQ(event) ? unpackRabbitMQ(event) : event;
}

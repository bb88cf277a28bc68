import { connect } from "amqplib";
import type { Settings } from "../settings.ts";
import { type Cost, costOf } from "./cost.ts";

/** The bare client: takes everything from a queue, does nothing with it, acknowledges a thousand at a time. */
export async function drainWithAmqplib(
  { rabbitmqUrl }: Settings,
  queue: string,
  rows: number,
): Promise<Cost> {
  const connection = await connect(rabbitmqUrl);
  const channel = await connection.createChannel();
  await channel.prefetch(10_000);
  const done = Promise.withResolvers<void>();
  let seen = 0;
  const cost = costOf([process.pid], () => done.promise);
  await channel.consume(queue, (message) => {
    seen += 1;
    if (message && (seen % 1000 === 0 || seen === rows)) channel.ack(message, true);
    if (seen === rows) done.resolve();
  });
  return await cost.finally(async () => {
    await channel.close();
    await connection.close();
  });
}

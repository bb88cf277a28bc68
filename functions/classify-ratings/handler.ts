import type { KafkaEvent } from "../../events/envelope/kafka.ts";
import type { Lean } from "../../events/envelope/span.ts";
import { formatPosition, originHeader } from "../../events/origin.ts";
import { classify, type Rating, rating } from "../../events/rating.ts";
import { shadow } from "../../events/shadow.ts";
import { clickhouseVariables, openClickHouse } from "../lib/clickhouse.ts";
import { type Accepted, type Consumer, consume } from "../lib/consume.ts";
import { readEnv } from "../lib/env.ts";
import { kafkaVariables, type Outgoing, openProducer, type Produce } from "../lib/kafka.ts";
import { type KafkaPlace, readKafka } from "../lib/message.ts";
import { openStore, type Store } from "../lib/store.ts";

export const consumer: Consumer<KafkaEvent, Lean<Rating>, KafkaPlace> = {
  name: "classify-ratings",
  read: readKafka,
  contract: rating.lean,
};

/** Ratings from the topic `dominate` → their types on the topic `shadow`, each with the position it came from. */
export const createHandler = (produce: Produce, store: Store) =>
  consume(consumer, store, () => async (accepted, now) => {
    const emitted = new Date(now).toISOString();
    await produce(
      "shadow",
      accepted.map((one) => classified(one, emitted)),
    );
    return { delivered: accepted.length, duplicates: 0, refused: [] };
  });

function classified(
  { event, message }: Accepted<Lean<Rating>, KafkaPlace>,
  emit_timestamp: string,
): Outgoing {
  const unique_id = String(event.unique_id);
  return {
    key: unique_id,
    value: shadow.encode({ type: classify(event.rating).type, unique_id, emit_timestamp }),
    headers: { [originHeader]: formatPosition(message.place.origin) },
  };
}

const env = readEnv({ ...kafkaVariables, ...clickhouseVariables });

export const handler = createHandler(openProducer(env), openStore(openClickHouse(env)));

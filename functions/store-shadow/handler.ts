import type { KafkaEvent } from "../../events/envelope/kafka.ts";
import type { Lean } from "../../events/envelope/span.ts";
import { type Shadow, shadow } from "../../events/shadow.ts";
import { clickhouseVariables, openClickHouse } from "../lib/clickhouse.ts";
import { consumeIntoTable, type TableConsumer } from "../lib/consume.ts";
import { readEnv } from "../lib/env.ts";
import { originPosition } from "../lib/identity.ts";
import { type KafkaPlace, readKafka } from "../lib/message.ts";
import { dateTime64, encodeColumns, string } from "../lib/row-binary.ts";
import { openStore, type Store } from "../lib/store.ts";

export const consumer: TableConsumer<KafkaEvent, Lean<Shadow>, KafkaPlace, Lean<Shadow>> = {
  name: "store-shadow",
  read: readKafka,
  contract: shadow.lean,
  table: {
    name: "shadow",
    columns: encodeColumns<Lean<Shadow>>({ type: string, unique_id: string, emit_timestamp: dateTime64 }),
    identity: originPosition,
    partition: ({ emit_timestamp }) => monthOf(emit_timestamp),
  },
  row: ({ event }) => event,
};

/** The partition `toYYYYMM` puts a moment into, in months since year 0. */
function monthOf(micros: number): number {
  const at = new Date(micros / 1000);
  return at.getUTCFullYear() * 12 + at.getUTCMonth();
}

/** Classified humans from the topic `shadow` → the table `shadow`. */
export const createHandler = (store: Store) => consumeIntoTable(consumer, store);

export const handler = createHandler(openStore(openClickHouse(readEnv(clickhouseVariables))));

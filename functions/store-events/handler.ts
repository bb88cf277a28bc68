import type { KafkaEvent } from "../../events/envelope/kafka.ts";
import { type Event, event } from "../../events/event.ts";
import { parseRefusal, refusalHeader } from "../../events/refusal.ts";
import { clickhouseVariables, openClickHouse } from "../lib/clickhouse.ts";
import { consumeIntoTables, type TablesConsumer } from "../lib/consume-into-tables.ts";
import { readEnv } from "../lib/env.ts";
import { type EventPlace, isOneOf } from "../lib/identity.ts";
import { headerOf, type KafkaPlace, readKafka } from "../lib/message.ts";
import { openStore, type Store } from "../lib/store.ts";
import { allSafeguards } from "../lib/write-once/safeguards.ts";
import { events, pageViews, ticketSales } from "./tables.ts";

export const consumer: TablesConsumer<KafkaEvent, Event, KafkaPlace, EventPlace> = {
  name: "store-events",
  read: readKafka,
  contract: event,
  refuse(message) {
    const header = headerOf(message.headers, refusalHeader);
    const refusal = header === undefined ? undefined : parseRefusal(header);
    if (refusal === undefined) return undefined;
    const { source, reason, detail } = refusal;
    const { position, lane, place, body, headers, sentAt } = message;
    return { message: { source, position, lane, place, body, headers, sentAt }, reason, detail };
  },
  place: ({ event: { id }, message }) => ({ ...message.place, id }),
  main: events,
  beside: [pageViews, ticketSales],
  kind: ({ event_type }) => event_type,
  async kinds(store, ids) {
    const { where, params } = isOneOf("id", "String", ids);
    const query = `SELECT DISTINCT id, event_type FROM bilten_analytics.events WHERE ${where}`;
    const known = await store.select<{ id: string; event_type: string }>(query, params);
    return new Map(known.map(({ id, event_type }) => [id, event_type]));
  },
};

/** Events from the topic `events` → the tables `events`, `page_views` and `ticket_sales` of `bilten_analytics`. */
export const createHandler = (store: Store, safeguards = allSafeguards) =>
  consumeIntoTables(consumer, store, safeguards);

export const handler = createHandler(openStore(openClickHouse(readEnv(clickhouseVariables))));

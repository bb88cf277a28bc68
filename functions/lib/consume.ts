import { setImmediate } from "node:timers/promises";
import type { Decoder } from "../../events/contract.ts";
import { log } from "./log.ts";
import type { Message } from "./message.ts";
import { quarantine, type Rejected } from "./quarantine.ts";
import { settleAll } from "./settle.ts";
import type { Store } from "./store.ts";
import { type Delivery, openTableWriter, rowOf } from "./table-writer.ts";
import { type Hold, type Lanes, openLanes } from "./write-once/lanes.ts";
import { allSafeguards, type Safeguards } from "./write-once/safeguards.ts";
import type { Table } from "./write-once/table.ts";

/** A message whose body keeps the contract. */
export interface Accepted<Event, Place> {
  event: Event;
  message: Message<Place>;
}

/** What one function takes off a broker: an inert value. */
export interface Consumer<LambdaEvent, Event, Place> {
  /** The function's folder. */
  name: string;
  read(event: LambdaEvent): Message<Place>[];
  contract: Decoder<Event>;
  /** A message that says itself it is none of these, in a header. */
  refuse?(message: Message<Place>): Rejected | undefined;
  /** One lane for all it reads, when copies of a fact can come by several partitions at once: they must not overlap either. */
  lane?: string;
}

/** A consumer whose events become rows of one table. */
export interface TableConsumer<LambdaEvent, Event, Place, Row, RowPlace = Place>
  extends Consumer<LambdaEvent, Event, Place> {
  table: Table<Row, RowPlace>;
  /** What the table's identity asks for beyond where the message was read. */
  place?(accepted: Accepted<Event, Place>): RowPlace;
  row(accepted: Accepted<Event, Place>, now: number): Row;
}

/** What a batch came to; the handler's answer, and one line in its log. */
export interface Summary {
  delivered: number;
  duplicates: number;
  rejected: number;
}

type Deliver<Event, Place> = (accepted: Accepted<Event, Place>[], now: number) => Promise<Delivery>;

/** What a handler needs of Lambda's context; without one it has Lambda's own default of time. */
export interface Invocation {
  getRemainingTimeInMillis(): number;
}

/** Called with what the invocation holds, before any body is decoded. */
type Begin<Event, Place> = (hold: Hold, store: Store, messages: Message<Place>[]) => Deliver<Event, Place>;

/**
 * The handler of a consumer. Returning settles the whole batch, throwing brings it back: a message that keeps the contract
 * is delivered, any other goes to the quarantine, and neither is settled before both are done.
 */
export const consume =
  <LambdaEvent, Event, Place>(
    consumer: Consumer<LambdaEvent, Event, Place>,
    store: Store,
    begin: Begin<Event, Place>,
    holdLanes: Lanes = openLanes(consumer.name),
  ) =>
  async (event: LambdaEvent, invocation?: Invocation): Promise<Summary> => {
    const now = Date.now();
    const bounded = invocation ? store.within(() => invocation.getRemainingTimeInMillis()) : store;
    const messages = consumer.read(event);
    const lanes = new Set(messages.map(({ lane }) => consumer.lane ?? lane));
    const hold = holdLanes(bounded, [...lanes]);
    const deliver = begin(hold, bounded, messages);
    await setImmediate(); // Its requests go out now, and are answered while this thread decodes.
    const { accepted, rejected } = sort(messages, consumer);
    const [{ delivered, duplicates, refused }] = await settleAll([
      deliver(accepted, now),
      quarantine(bounded, consumer.name, rejected, now, hold),
    ]);
    await quarantine(bounded, consumer.name, refused, now, hold);
    hold.settle();
    const bad = [...rejected, ...refused];
    const summary = { delivered, duplicates, rejected: bad.length };
    log("info", consumer.name, { ...summary, ...reasonsOf(bad), ms: Date.now() - now });
    return summary;
  };

/** The handler of a consumer whose events become rows. */
export const consumeIntoTable = <LambdaEvent, Event, Place, Row, RowPlace = Place>(
  consumer: TableConsumer<LambdaEvent, Event, Place, Row, RowPlace>,
  store: Store,
  safeguards: Safeguards = allSafeguards,
) => {
  const { table } = consumer;
  const openWriter = openTableWriter(table, safeguards);
  const begin: Begin<Event, Place> = (hold, bounded, messages) => {
    // Without `place` the place of a message is its row's: the two types are one.
    const places = consumer.place ? undefined : messages.map(({ place }) => place as Place & RowPlace);
    const { write } = openWriter(hold, bounded, places);
    return (accepted, now) =>
      write(
        accepted.map((one) => {
          const place = consumer.place?.(one) ?? (one.message.place as Place & RowPlace);
          return rowOf(table, one.message, consumer.row(one, now), place);
        }),
      );
  };
  return consume(consumer, store, begin, openLanes(consumer.name, safeguards));
};

/** How often each reason occurred, for a metric filter over the log: `{"reasons": {"malformed_json": 2}}`. */
function reasonsOf(rejected: Rejected[]): { reasons?: Record<string, number> } {
  if (rejected.length === 0) return {};
  const groups = Map.groupBy(rejected, ({ reason }) => reason);
  return { reasons: Object.fromEntries(Array.from(groups, ([reason, { length }]) => [reason, length])) };
}

function sort<Event, Place>(
  messages: Message<Place>[],
  { contract, refuse }: Pick<Consumer<unknown, Event, Place>, "contract" | "refuse">,
) {
  const accepted: Accepted<Event, Place>[] = [];
  const rejected: Rejected[] = [];
  for (const message of messages) {
    const refused = refuse?.(message);
    if (refused !== undefined) {
      rejected.push(refused);
      continue;
    }
    const decoded = contract.decode(message.body);
    if (decoded.ok) accepted.push({ event: decoded.event, message });
    else rejected.push({ message, reason: decoded.reason, detail: decoded.detail });
  }
  return { accepted, rejected };
}

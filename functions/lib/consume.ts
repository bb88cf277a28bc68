import type { Decoder } from "../../events/contract.ts";
import { log } from "./log.ts";
import type { Message } from "./message.ts";
import { quarantine, type Rejected } from "./quarantine.ts";
import type { Store } from "./store.ts";
import { type Hold, type Lanes, openLanes } from "./write-once/lanes.ts";
import { openPreflight } from "./write-once/preflight.ts";
import { allSafeguards, type Safeguards } from "./write-once/safeguards.ts";
import type { Table } from "./write-once/table.ts";
import { beginWrite } from "./write-once/write-once.ts";

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

/** What became of the accepted messages. */
interface Delivery {
  delivered: number;
  duplicates: number;
  refused: Rejected[];
}

type Deliver<Event, Place> = (accepted: Accepted<Event, Place>[], now: number) => Promise<Delivery>;

/** What a handler needs of Lambda's context; without one it has Lambda's own default of time. */
export interface Invocation {
  getRemainingTimeInMillis(): number;
}

/** Called with what the invocation holds, before anything is decoded. */
type Begin<Event, Place> = (hold: Hold, store: Store) => Deliver<Event, Place>;

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
    const deliver = begin(hold, bounded);
    const { accepted, rejected } = sort(messages, consumer);
    const [{ delivered, duplicates, refused }] = await both(
      deliver(accepted, now),
      quarantine(bounded, consumer.name, rejected, now, hold),
    );
    await quarantine(bounded, consumer.name, refused, now, hold);
    hold.settle();
    const summary = { delivered, duplicates, rejected: rejected.length + refused.length };
    log("info", consumer.name, { ...summary, ms: Date.now() - now });
    return summary;
  };

/** The handler of a consumer whose events become rows. */
export const consumeIntoTable = <LambdaEvent, Event, Place, Row, RowPlace = Place>(
  consumer: TableConsumer<LambdaEvent, Event, Place, Row, RowPlace>,
  store: Store,
  safeguards: Safeguards = allSafeguards,
) => {
  const { identity } = consumer.table;
  const preflight = openPreflight(consumer.table.name, consumer.table.partition !== undefined);
  const begin: Begin<Event, Place> = (hold, bounded) => {
    const write = beginWrite(bounded, consumer.table, hold, safeguards);
    const ready = safeguards.preflight ? preflight(bounded) : Promise.resolve();
    ready.catch(() => {}); // Thrown where it is awaited.
    return async (accepted, now) => {
      const rows = accepted.map((one) => {
        const { sentAt = 0 } = one.message;
        const place = consumer.place?.(one) ?? (one.message.place as Place & RowPlace); // The same type without `place`.
        const key = identity.key(place);
        return { row: consumer.row(one, now), place, key, at: sentAt, message: one.message };
      });
      await ready;
      const { inserted, duplicates, refused } = await write(rows);
      return {
        delivered: inserted,
        duplicates,
        refused: refused.map(({ row, detail }) => ({ message: row.message, reason: "unstorable", detail })),
      };
    };
  };
  return consume(consumer, store, begin, openLanes(consumer.name, safeguards));
};

/** Waits for the two even when one fails: an invocation that ends leaves nothing under way. */
async function both<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return Promise.all([a, b]);
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

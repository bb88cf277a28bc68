import type { Decoder } from "../../events/contract.ts";
import { log } from "./log.ts";
import type { Message } from "./message.ts";
import { quarantine, type Rejected } from "./quarantine.ts";
import type { Store } from "./store.ts";
import { type Table, type Written, writeOnce } from "./write-once.ts";

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
}

/** A consumer whose events become rows of one table. */
export interface TableConsumer<LambdaEvent, Event, Place, Row> extends Consumer<LambdaEvent, Event, Place> {
  table: Table<Row, Place>;
  row(accepted: Accepted<Event, Place>, now: number): Row;
}

/** What a batch came to; the handler's answer, and one line in its log. */
export interface Summary extends Written {
  rejected: number;
}

/**
 * The handler of a consumer. Returning settles the whole batch, throwing brings it back: a message that keeps the contract
 * goes to `deliver`, any other to the quarantine, and neither is settled before both are done.
 */
export const consume =
  <LambdaEvent, Event, Place>(
    consumer: Consumer<LambdaEvent, Event, Place>,
    store: Store,
    deliver: (accepted: Accepted<Event, Place>[], now: number) => Promise<Written>,
  ) =>
  async (event: LambdaEvent): Promise<Summary> => {
    const now = Date.now();
    const { accepted, rejected } = sort(consumer.read(event), consumer.contract);
    const [written] = await Promise.all([
      deliver(accepted, now),
      quarantine(store, consumer.name, rejected, now),
    ]);
    const summary = { ...written, rejected: rejected.length };
    log("info", consumer.name, { ...summary, ms: Date.now() - now });
    return summary;
  };

/** The handler of a consumer whose events become rows. */
export const consumeIntoTable = <LambdaEvent, Event, Place, Row>(
  consumer: TableConsumer<LambdaEvent, Event, Place, Row>,
  store: Store,
) =>
  consume(consumer, store, (accepted, now) =>
    writeOnce(
      store,
      consumer.table,
      accepted.map((one) => ({
        row: consumer.row(one, now),
        place: one.message.place,
        at: one.message.sentAt ?? 0,
      })),
    ),
  );

function sort<Event, Place>(messages: Message<Place>[], contract: Decoder<Event>) {
  const accepted: Accepted<Event, Place>[] = [];
  const rejected: Rejected[] = [];
  for (const message of messages) {
    const decoded = contract.decode(message.body);
    if (decoded.ok) accepted.push({ event: decoded.event, message });
    else rejected.push({ message, rejection: decoded });
  }
  return { accepted, rejected };
}

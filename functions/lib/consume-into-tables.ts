import { type Accepted, type Consumer, consume } from "./consume.ts";
import { settleAll } from "./settle.ts";
import type { Store } from "./store.ts";
import { type Delivery, openTableWriter, rowOf } from "./table-writer.ts";
import { type Hold, openLanes } from "./write-once/lanes.ts";
import { allSafeguards, type Safeguards } from "./write-once/safeguards.ts";
import type { Table } from "./write-once/table.ts";

/** One table of several that a consumer's events become rows of. */
export interface Output<Event, Place, Row> {
  table: Table<Row, Place>;
  /** The row of this event here; `undefined` when it has none. */
  row(event: Event, now: number): Row | undefined;
}

/** A consumer whose every event is a row of `main`, and may be one of other tables beside it. */
export interface TablesConsumer<LambdaEvent, Event, Place, RowPlace>
  extends Consumer<LambdaEvent, Event, Place> {
  place(accepted: Accepted<Event, Place>): RowPlace;
  main: Output<Event, RowPlace, object>;
  beside: Output<Event, RowPlace, object>[];
  /** What an identity is bound to at its first use: sent again as another kind, it is a copy, and no row anywhere. */
  kind(event: Event): string;
  /** The kinds of those of these identities that `main` has. */
  kinds(store: Store, keys: string[]): Promise<ReadonlyMap<string, string>>;
}

/**
 * The handler of a consumer whose events become rows of several tables, once in each. `main` is written last: what is found
 * there is everywhere.
 */
export function consumeIntoTables<LambdaEvent, Event, Place, RowPlace>(
  consumer: TablesConsumer<LambdaEvent, Event, Place, RowPlace>,
  store: Store,
  safeguards: Safeguards = allSafeguards,
) {
  type One = Accepted<Event, Place>;
  const { main, beside } = consumer;
  const openers = [main, ...beside].map((output) => {
    const openWriter = openTableWriter(output.table, safeguards);
    return (hold: Hold, bounded: Store) => {
      const { ready, write } = openWriter(hold, bounded);
      const rowsOf = (accepted: One[], now: number) =>
        accepted.flatMap((one) => {
          const row = output.row(one.event, now);
          return row === undefined ? [] : rowOf(output.table, one.message, row, consumer.place(one));
        });
      return { ready, write: (accepted: One[], now: number) => write(rowsOf(accepted, now)) };
    };
  });
  /** The events with a row beside `main`, unless their identity belongs to an event of another kind. */
  const keepOwn = async (accepted: One[], bounded: Store): Promise<One[]> => {
    const keyOf = (one: One) => main.table.identity.key(consumer.place(one)) ?? "";
    const candidates = new Set(
      accepted.filter(({ event }) => beside.some(({ row }) => row(event, 0) !== undefined)),
    );
    if (candidates.size === 0) return [];
    const kinds = new Map(await consumer.kinds(bounded, [...candidates].map(keyOf)));
    for (const one of accepted) if (!kinds.has(keyOf(one))) kinds.set(keyOf(one), consumer.kind(one.event));
    return [...candidates].filter((one) => kinds.get(keyOf(one)) === consumer.kind(one.event));
  };
  const begin = (hold: Hold, bounded: Store) => {
    const [writer, ...others] = openers.map((open) => open(hold, bounded)) as [Writer<One>, ...Writer<One>[]];
    return async (accepted: One[], now: number): Promise<Delivery> => {
      const own = await keepOwn(accepted, bounded);
      await Promise.all([writer, ...others].map(({ ready }) => ready));
      const written = await settleAll(others.map(({ write }) => write(own, now)));
      const { refused, ...delivery } = await writer.write(accepted, now);
      return { ...delivery, refused: [...refused, ...written.flatMap((one) => one.refused)] };
    };
  };
  return consume(consumer, store, begin, openLanes(consumer.name, safeguards));
}

interface Writer<One> {
  ready: Promise<void>;
  write(accepted: One[], now: number): Promise<Delivery>;
}

import { type Accepted, type Consumer, consume } from "./consume.ts";
import type { Rejected } from "./quarantine.ts";
import type { Store } from "./store.ts";
import { openLanes } from "./write-once/lanes.ts";
import { openPreflight } from "./write-once/preflight.ts";
import { allSafeguards, type Safeguards } from "./write-once/safeguards.ts";
import type { Table } from "./write-once/table.ts";
import { beginWrite } from "./write-once/write-once.ts";

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
  const preflights = [main, ...beside].map(({ table }) =>
    openPreflight(table.name, table.partition !== undefined),
  );
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
  return consume(
    consumer,
    store,
    (hold, bounded) => {
      const begin = (output: Output<Event, RowPlace, object>) => {
        const write = beginWrite(bounded, output.table, hold, safeguards);
        return (accepted: One[], now: number) =>
          write(
            accepted.flatMap((one) => {
              const row = output.row(one.event, now);
              if (row === undefined) return [];
              const { message } = one;
              const place = consumer.place(one);
              const key = output.table.identity.key(place);
              return [{ row, place, key, at: message.sentAt ?? 0, message }];
            }),
          );
      };
      const writeMain = begin(main);
      const writeBeside = beside.map(begin);
      const ready = Promise.all(preflights.map((preflight) => preflight(bounded)));
      ready.catch(() => {}); // Thrown where it is awaited.
      return async (accepted, now) => {
        const own = await keepOwn(accepted, bounded);
        await ready;
        const others = await all(writeBeside.map((write) => write(own, now)));
        const { inserted, duplicates, refused } = await writeMain(accepted, now);
        const rejected = [...refused, ...others.flatMap((written) => written.refused)].map(
          ({ row, detail }): Rejected => ({ message: row.message, reason: "unstorable", detail }),
        );
        return { delivered: inserted, duplicates, refused: rejected };
      };
    },
    openLanes(consumer.name, safeguards),
  );
}

/** Waits for all even when one fails: an invocation that ends leaves nothing under way. */
async function all<T>(promises: Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

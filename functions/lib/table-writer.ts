import type { Message } from "./message.ts";
import type { Rejected } from "./quarantine.ts";
import type { Store } from "./store.ts";
import type { Hold } from "./write-once/lanes.ts";
import { openPreflight } from "./write-once/preflight.ts";
import type { Safeguards } from "./write-once/safeguards.ts";
import type { Placed, Table } from "./write-once/table.ts";
import { beginWrite } from "./write-once/write-once.ts";

/** What became of the accepted messages. */
export interface Delivery {
  delivered: number;
  duplicates: number;
  refused: Rejected[];
}

/** The row of a message, on its way into a table. */
interface RowOfMessage<Row, Place> extends Placed<Row, Place> {
  message: Message;
}

export const rowOf = <Row, Place>(
  { identity }: Table<Row, Place>,
  message: Message,
  row: Row,
  place: Place,
): RowOfMessage<Row, Place> => ({
  row,
  place,
  key: identity.key(place),
  at: message.sentAt ?? 0,
  message,
});

/** One for an execution environment: messages into one table, once each, after a look at whether the table can tell a retry. */
export function openTableWriter<Row, Place>(table: Table<Row, Place>, safeguards: Safeguards) {
  const preflight = openPreflight(table.name, table.partition !== undefined);
  /** @param places of the rows to come, and maybe of others; absent when only the bodies tell. */
  return (hold: Hold, bounded: Store, places?: Place[]) => {
    const write = beginWrite(bounded, table, hold, safeguards, places);
    const ready = safeguards.preflight ? preflight(bounded) : Promise.resolve();
    ready.catch(() => {}); // Thrown where it is awaited.
    return {
      /** Rejects when the table itself would be wrong. */
      ready,
      async write(rows: RowOfMessage<Row, Place>[]): Promise<Delivery> {
        await ready;
        const { inserted, duplicates, refused } = await write(rows);
        const toRejected = ({ row, detail }: (typeof refused)[number]): Rejected => ({
          message: row.message,
          reason: "unstorable",
          detail,
        });
        return { delivered: inserted, duplicates, refused: refused.map(toRejected) };
      },
    };
  };
}

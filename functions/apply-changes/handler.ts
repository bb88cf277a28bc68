import { type Change, change } from "../../events/change.ts";
import type { KafkaEvent } from "../../events/envelope/kafka.ts";
import type { CapturedTable } from "../lib/capture/captured-table.ts";
import { clickhouseVariables, openClickHouse } from "../lib/clickhouse.ts";
import { type Accepted, type Consumer, consume } from "../lib/consume.ts";
import { readEnv } from "../lib/env.ts";
import { log } from "../lib/log.ts";
import { type KafkaPlace, readKafka } from "../lib/message.ts";
import type { Rejected } from "../lib/quarantine.ts";
import { settleAll } from "../lib/settle.ts";
import { openStore, type Store } from "../lib/store.ts";
import type { Hold } from "../lib/write-once/lanes.ts";
import { complete } from "./complete.ts";
import { markTruncation, openTables, writeHistory, writeStates } from "./tables.ts";
import { toWrite, versionOf, type Write } from "./writes.ts";

export const consumer: Consumer<KafkaEvent, Change, KafkaPlace> = {
  name: "apply-changes",
  read: readKafka,
  contract: change,
};

/** Changes of captured Postgres tables, from the topics `postgres.<schema>.<table>` → their copies in ClickHouse. */
export function createHandler(store: Store) {
  const tables = openTables();

  const apply = async (
    topic: string,
    accepted: Accepted<Change, KafkaPlace>[],
    { bounded, hold, now }: { bounded: Store; hold: Hold; now: number },
  ) => {
    const changes = accepted.filter(({ event }) => event.kind !== "nothing");
    if (changes.length === 0) return { refused: [], duplicates: 0 };
    let table = await tables.of(bounded, topic);
    let sorted = sort(table, changes);
    if (sorted.strangers.size > 0 || sorted.refused.length > 0) {
      // The copy may have changed since it was described.
      tables.forget(topic);
      table = await tables.of(bounded, topic);
      sorted = sort(table, changes);
    }
    const { writes, refused, strangers, truncatedAt } = sorted;
    if (strangers.size > 0)
      log("warn", "columns that the copy does not have", {
        table: table.name,
        columns: [...strangers],
        mend: "npx sluice cdc setup",
      });
    if (truncatedAt !== undefined) await markTruncation(bounded, topic, truncatedAt);
    const { complete: rows, rejected, superseded, waiting } = await complete(bounded, table, writes, now);
    // First the history: a state that the copy has already is then in the history too.
    const known = await writeHistory(bounded, table, rows, hold);
    await writeStates(bounded, table, rows);
    if (waiting) throw waiting;
    return { refused: [...refused, ...rejected], duplicates: superseded + known };
  };

  return consume(consumer, store, (hold, bounded) => async (accepted, now) => {
    const byTopic = Map.groupBy(accepted, ({ message }) => message.place.topic);
    const effects = { bounded, hold, now };
    const applied = await settleAll([...byTopic].map(([topic, some]) => apply(topic, some, effects)));
    const refused = applied.flatMap((one) => one.refused);
    const duplicates = applied.reduce((sum, one) => sum + one.duplicates, 0);
    return { delivered: accepted.length - refused.length - duplicates, duplicates, refused };
  });
}

/** What the changes of one table come to. */
function sort(table: CapturedTable, changes: Accepted<Change, KafkaPlace>[]) {
  const strangers = new Set<string>();
  const refused: Rejected[] = [];
  const writes: Write[] = [];
  let truncatedAt: bigint | undefined;
  for (const { event, message } of changes) {
    if (event.kind === "truncate") truncatedAt = max(truncatedAt, versionOf(event, message));
    if (event.kind !== "row") continue;
    const write = toWrite(table, event, message, strangers);
    if ("reason" in write) refused.push(write);
    else writes.push(write);
  }
  return { writes, refused, strangers, truncatedAt };
}

const max = (a: bigint | undefined, b: bigint): bigint => (a === undefined || b > a ? b : a);

export const handler = createHandler(openStore(openClickHouse(readEnv(clickhouseVariables))));

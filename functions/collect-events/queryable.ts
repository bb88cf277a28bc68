import { setTimeout as sleep } from "node:timers/promises";
import { isOneOf } from "../lib/identity.ts";
import type { Store } from "../lib/store.ts";

/** How long a client that waits is kept waiting, in milliseconds: many give up after ten seconds, and would never hear the yes. */
const patience = 8_000;

/**
 * Waits until each of these events can be asked for, in the tables and in all views of them.
 * @returns false when that is not so in time, or ClickHouse does not tell: they are safe in Kafka all the same.
 */
export async function untilQueryable(store: Store, ids: string[], ms = patience): Promise<boolean> {
  const until = Date.now() + ms;
  const bounded = store.within(() => until - Date.now() + 1000);
  const waiting = new Set(ids);
  const batches = new Set<string>();
  try {
    for (let pause = 20; Date.now() + pause < until; pause = Math.min(pause * 2, 250)) {
      for (const { id, batch } of await find(bounded, [...waiting])) {
        waiting.delete(id);
        batches.add(batch);
      }
      if (waiting.size === 0 && !(await isRunning(bounded, batches))) return true;
      await sleep(pause);
    }
  } catch {}
  return false;
}

async function find(store: Store, ids: string[]): Promise<{ id: string; batch: string }[]> {
  const { where, params } = isOneOf("id", "String", ids);
  return store.select(
    `SELECT DISTINCT id, toString(_batch) AS batch FROM bilten_analytics.events WHERE ${where}`,
    params,
  );
}

/** A row can be seen before the views have it: as long as its INSERT runs, which says its batch in `log_comment`. */
async function isRunning(store: Store, batches: Set<string>): Promise<boolean> {
  const running = await store.select<{ batch: string }>(
    `SELECT splitByChar(' ', Settings['log_comment'])[3] AS batch FROM system.processes
     WHERE startsWith(Settings['log_comment'], 'write-once store-events ')`,
    {},
  );
  return running.some(({ batch }) => batches.has(batch));
}

import { setTimeout as sleep } from "node:timers/promises";
import type { ClickHouseClient } from "@clickhouse/client";

/** The number that is the column `n` of a query's first row; 0 without rows. */
export async function askNumber(client: ClickHouseClient, query: string): Promise<number> {
  const answer = await client.query({ query, format: "JSONEachRow" });
  const [row] = await answer.json<{ n: number | string }>();
  return Number(row?.n ?? 0);
}

/**
 * Asks for a count, every so many milliseconds near its end and less often before: each question takes time from what is measured.
 * @returns when it was as wanted, by `performance.now()`. @throws Error when it stands still for a minute.
 */
export async function untilArrived(
  what: string,
  count: () => Promise<number>,
  wanted: number,
  every: number,
): Promise<number> {
  const began = performance.now();
  let [seen, moved] = [-1, began];
  for (;;) {
    const arrived = await count();
    const now = performance.now();
    if (arrived >= wanted) return now;
    if (arrived !== seen) [seen, moved] = [arrived, now];
    if (now - moved > 60_000) throw new Error(`${what} stopped at ${arrived} of ${wanted}`);
    const left = arrived > 0 ? ((now - began) * (wanted - arrived)) / arrived : 0;
    await sleep(Math.min(Math.max(every, left / 2), 1000));
  }
}

/** Until a table has so many rows. */
export const untilCount = (client: ClickHouseClient, table: string, rows: number): Promise<number> =>
  untilArrived(table, () => askNumber(client, `SELECT count() AS n FROM ${table}`), rows, 50);

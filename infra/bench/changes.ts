import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import { pace } from "../generate/pace.ts";
import { type Cost, cpuSeconds } from "./cost.ts";
import { untilArrived } from "./until.ts";

/** Where the changes of a table go. */
export interface Way {
  table: string;
  /** The processes at work, Postgres aside: it has the same to do for every way. */
  pids: number[];
  /** How many of the table's changes have come to its end. */
  arrived(): Promise<number>;
}

/** A table of people, about 200 bytes a row. `n`: how many changes the table had with this one, on the last row of a transaction. */
export const createTable = (name: string): string => `
  CREATE TABLE ${name} (id bigint PRIMARY KEY, n bigint NOT NULL, name text NOT NULL, email text NOT NULL, team text,
    note text, salary numeric(10,2), active boolean NOT NULL, changed_at timestamptz NOT NULL)`;

const person = (
  n: string,
) => `${n}, 'Person number ' || g, 'person-' || g || '@example.org', 'team ' || g % 20,
  repeat(md5(g::text), 3), (g % 90000)::numeric / 7, g % 3 > 0, clock_timestamp()`;

/** Rows as a table has them that was there before the capture. */
export const fillTable = (name: string, rows: number): string =>
  `INSERT INTO ${name} SELECT g, ${person("g")} FROM generate_series(1, ${rows}) g`;

/** Writes changes to a way's table, in transactions of inserts and as many updates. */
export function openWriter(client: Client, { table }: Way) {
  let [rows, written] = [0, 0];
  return {
    /** One transaction. @returns how many changes the table has had by now. */
    async commit(changes: number): Promise<number> {
      const [from, half] = [rows, changes / 2];
      rows += half;
      written += changes;
      // Statements sent together are one transaction.
      await client.query(`
        INSERT INTO ${table} SELECT g, ${person("0")} FROM generate_series(${from + 1}, ${rows}) g;
        UPDATE ${table} SET n = CASE id WHEN ${rows} THEN ${written} ELSE 0 END, team = 'another', changed_at = clock_timestamp()
        WHERE id > ${from} AND id <= ${rows}`);
      return written;
    },
  };
}

export type Writer = ReturnType<typeof openWriter>;

/** So many changes in transactions of a thousand as fast as Postgres commits them, from the first commit to the last arrival. */
export async function burst(writer: Writer, way: Way, changes: number): Promise<Cost> {
  const before = cpuSeconds(way.pids);
  let written = await writer.commit(1000);
  const began = performance.now();
  for (let left = changes - 1000; left > 0; left -= 1000) written = await writer.commit(1000);
  const ended = await untilArrived(way.table, way.arrived, written, 20);
  return { seconds: (ended - began) / 1000, cpuSeconds: cpuSeconds(way.pids) - before };
}

const perTransaction = 10;

/**
 * So many changes at 1,000 a second, ten a transaction.
 * @returns milliseconds from each commit until all of the transaction has arrived, as seen 50 times a second.
 */
export async function lag(writer: Writer, way: Way, changes: number): Promise<number[]> {
  const open: { written: number; at: number }[] = [];
  const waits: number[] = [];
  let ended = false;
  const watch = async () => {
    for (let moved = performance.now(); !ended || open.length > 0; await sleep(20)) {
      const arrived = await way.arrived();
      const now = performance.now();
      for (let first = open[0]; first !== undefined && first.written <= arrived; first = open[0]) {
        waits.push(now - first.at);
        open.shift();
        moved = now;
      }
      if (open.length === 0) moved = now;
      if (now - moved > 60_000) throw new Error(`${way.table}: nothing has arrived for a minute`);
    }
  };
  const watching = watch();
  watching.catch(() => {}); // Thrown where it is awaited.
  const count = Math.ceil(changes / perTransaction);
  const { signal } = new AbortController();
  for await (const due of pace({ rate: 1000 / perTransaction, count, most: 100, signal }))
    for (let n = 0; n < due; n++)
      open.push({ written: await writer.commit(perTransaction), at: performance.now() });
  ended = true;
  await watching;
  return waits;
}

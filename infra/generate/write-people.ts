import { setTimeout as sleep } from "node:timers/promises";
import { withGrace } from "./grace.ts";
import { pace } from "./pace.ts";
import { apply, type Change, nextChange, openRoster, type Roster } from "./people.ts";
import { isAway, openPeopleTable, type PeopleTable } from "./people-table.ts";
import { createRandom } from "./random.ts";

export interface WritePeople {
  /** Of the database with the table `github_users`. */
  url: string;
  seed: number;
  /** Changes per second. */
  rate: number;
  count: number;
  signal: AbortSignal;
  onProgress?: (written: number) => void;
  onNotice?: (text: string) => void;
}

/** How many changes were committed, and of which kinds. */
export type WrittenPeople = { sent: number } & Partial<Record<Change["kind"], number>>;

/** Once it answered, Postgres has so many seconds to come back. */
const patience = 60;

/** Lets people join, move, be promoted, leave, come back and be renamed until `count` or the abort; starts from the people there are. */
export async function writePeople(options: WritePeople): Promise<WrittenPeople> {
  const { url, seed, rate, count, signal, onProgress, onNotice } = options;
  const random = createRandom(seed);
  let table = await openPeopleTable(url);
  let roster = openRoster(await table.people());
  const written: WrittenPeople = { sent: 0 };

  const writeOne = async () => {
    for (;;) {
      try {
        const kind = await tryOne(table, roster, () => nextChange(random, roster));
        if (kind) return kind;
        // Somebody else writes too: what is there now counts.
        roster = { ...openRoster(await table.people()), gone: roster.gone };
      } catch (error) {
        if (!isAway(error) || signal.aborted) throw error;
        onNotice?.("Postgres does not answer; waiting a minute.");
        await table.close().catch(() => {});
        table = await reopen(url, signal);
        roster = { ...openRoster(await table.people()), gone: roster.gone };
      }
    }
  };
  const write = async () => {
    for await (const due of pace({ rate, count, most: 100, gap: 10, signal })) {
      for (let i = 0; i < due && !signal.aborted; i++) {
        const kind = await writeOne();
        written[kind] = (written[kind] ?? 0) + 1;
        written.sent++;
        onProgress?.(written.sent);
      }
    }
  };
  try {
    await withGrace(signal, write());
    return written;
  } finally {
    await table.close().catch(() => {});
  }
}

async function tryOne(
  table: PeopleTable,
  roster: Roster,
  next: () => Change,
): Promise<Change["kind"] | undefined> {
  const change = next();
  if (!(await table.write(change))) return undefined;
  apply(roster, change);
  return change.kind;
}

async function reopen(url: string, signal: AbortSignal): Promise<PeopleTable> {
  const end = Date.now() + patience * 1000;
  for (;;) {
    try {
      return await openPeopleTable(url);
    } catch (error) {
      if (!isAway(error) || Date.now() > end || signal.aborted) throw error;
      await sleep(500, undefined, { signal }).catch(() => {});
    }
  }
}

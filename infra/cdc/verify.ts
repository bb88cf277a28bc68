import { parseKey } from "../../functions/lib/capture/key-text.ts";
import { withAdmin } from "../admin.ts";
import type { Settings } from "../settings.ts";
import { type Problem, readCatalogue, type SourceTable } from "./catalogue.ts";
import { clickhouseSide, postgresSide, type Ranges, type Rows, type Side } from "./checksums.ts";
import type { CdcConfig } from "./config.ts";
import { openConnect } from "./connect-api.ts";
import { readMissingColumns } from "./copies.ts";
import { type Postgres, withPostgres } from "./postgres.ts";
import { showLsn, untilApplied, withKafka } from "./progress.ts";
import { asCdc } from "./setup.ts";

/** How a table's copy compares. */
export interface Verdict {
  table: string;
  view: string;
  /** Rows in Postgres at `lsn`. */
  rows: number;
  /** Up to where both sides were compared. */
  lsn: string;
  differences: Difference[];
  /** Keys that changed at every look, so that nothing can be said of them. */
  unsettled: string[][];
}

export interface Difference {
  key: string[];
  what: "only in Postgres" | "only in ClickHouse" | "other values";
}

/** A key that goes on changing is looked at so often before it is given up. */
const rounds = 10;

/**
 * Compares the named tables (all by default) with their finished views, while writes go on: Postgres at a known LSN, ClickHouse once
 * everything before that LSN is in it. Where they differ, the keys are looked at again until neither side has changed in between.
 * @throws Error when a table cannot be compared, or changes do not arrive.
 */
export const verify = (settings: Settings, config: CdcConfig, only?: string): Promise<Verdict[]> =>
  withPostgres(settings, (postgres) =>
    withKafka(settings, (admin) =>
      withAdmin(settings, asCdc, async (clickhouse) => {
        const { tables, problems } = await readCatalogue(postgres, chosen(config, only));
        if (problems.length > 0) throw new Error(problems.map(inWords).join("; "));
        const connect = openConnect(settings);
        const verdicts: Verdict[] = [];
        for (const table of tables) {
          const missing = await readMissingColumns(clickhouse, table);
          if (missing.length > 0)
            throw new Error(`${table.copy} has no ${missing.join(", ")}: npx sluice cdc setup`);
          const reach = (lsn: bigint) =>
            withPostgres(settings, (another) =>
              untilApplied({ postgres: another, admin, connect }, config, table.entry, lsn),
            );
          verdicts.push(await compare(postgres, clickhouseSide(clickhouse, table), table, reach));
        }
        return verdicts;
      }),
    ),
  );

const inWords = ({ what, mend }: Problem) => `${what} (${mend})`;

function chosen(config: CdcConfig, only: string | undefined): CdcConfig {
  if (only === undefined) return config;
  const tables = config.tables.filter(({ table, as }) => [table, as].includes(only));
  if (tables.length === 0)
    throw new Error(
      `sql/cdc.yml lists no table ${only}: it lists ${config.tables.map(({ table }) => table).join(", ")}`,
    );
  return { ...config, tables };
}

async function compare(
  postgres: Postgres,
  copy: Side,
  table: SourceTable,
  reach: (lsn: bigint) => Promise<void>,
): Promise<Verdict> {
  const source = postgresSide(postgres, table);
  const first = await atOneMoment(postgres, async (lsn) => {
    const ours = await source.ranges();
    await reach(lsn);
    const differing = differingRanges(ours, await copy.ranges());
    const which = { ranges: differing };
    const found =
      differing.length === 0 ? [] : differingKeys(await source.rows(which), await copy.rows(which));
    const rows = [...ours.values()].reduce((sum, range) => sum + range.rows, 0);
    return { lsn, rows, found };
  });
  let { lsn, found: open } = first;
  const differences: Difference[] = [];
  for (let round = 1; round < rounds && open.length > 0; round++) {
    const keys = open.map(({ key }) => key);
    const again = await atOneMoment(postgres, async (now) => {
      const ours = await source.rows({ keys });
      await reach(now);
      return { lsn: now, found: differingKeys(ours, await copy.rows({ keys })) };
    });
    lsn = again.lsn;
    const before = new Map(open.map((one) => [one.key, one]));
    const isSettled = (one: Pair) =>
      before.get(one.key)?.ours === one.ours && before.get(one.key)?.theirs === one.theirs;
    differences.push(...again.found.filter(isSettled).map(toDifference));
    open = again.found.filter((one) => !isSettled(one));
  }
  return {
    table: table.entry.table,
    view: table.view,
    rows: first.rows,
    lsn: showLsn(lsn),
    differences,
    unsettled: open.map(({ key }) => parseKey(key)),
  };
}

/** Postgres as it is at one moment, and the LSN that every transaction seen then was committed before. */
async function atOneMoment<T>(postgres: Postgres, look: (lsn: bigint) => Promise<T>): Promise<T> {
  await postgres.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  try {
    await postgres.query("SELECT 1"); // The snapshot is taken by the first statement.
    const [row] = await postgres.query<{ lsn: string }>(
      "SELECT (pg_current_wal_insert_lsn() - '0/0')::text AS lsn",
    );
    return await look(BigInt(row?.lsn ?? 0));
  } finally {
    await postgres.query("ROLLBACK");
  }
}

/** A key whose rows are not the same: their hashes, where there is a row. */
interface Pair {
  key: string;
  ours: string | undefined;
  theirs: string | undefined;
}

function differingRanges(ours: Ranges, theirs: Ranges): string[] {
  const names = new Set([...ours.keys(), ...theirs.keys()]);
  return [...names].filter((name) => {
    const [a, b] = [ours.get(name), theirs.get(name)];
    return a?.rows !== b?.rows || a?.sum !== b?.sum;
  });
}

function differingKeys(ours: Rows, theirs: Rows): Pair[] {
  const keys = new Set([...ours.keys(), ...theirs.keys()]);
  return [...keys]
    .map((key) => ({ key, ours: ours.get(key), theirs: theirs.get(key) }))
    .filter((pair) => pair.ours !== pair.theirs);
}

const toDifference = ({ key, ours, theirs }: Pair): Difference => ({
  key: parseKey(key),
  what:
    theirs === undefined ? "only in Postgres" : ours === undefined ? "only in ClickHouse" : "other values",
});

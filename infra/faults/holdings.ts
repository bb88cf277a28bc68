import { groupOf, keyOf, type Pipeline, type Placed } from "./pipelines.ts";
import { readView, viewsOf } from "./schema.ts";
import type { Counts, Holdings, Truth } from "./verdict.ts";
import type { World } from "./world.ts";

/** What a run sent. */
export function truthOf(records: Placed[], pipeline: Pipeline): Truth {
  const keys = (kind: Placed["kind"]) => new Set(records.filter((one) => one.kind === kind).map(keyOf));
  return {
    facts: keys("good"),
    anonymous: keys("anonymous"),
    garbage: new Set(records.filter(({ kind }) => kind === "garbage").map(pipeline.position)),
  };
}

const groupers = { key: (key: string) => key, group: groupOf, run: (key: string) => key.split("/")[0] ?? "" };

/** What the server holds of a run, in one question. */
export async function readHoldings(
  select: World["select"],
  pipeline: Pipeline,
  run: string,
  positions: string[],
): Promise<Holdings> {
  const views = viewsOf(pipeline);
  const asked = [...new Set(positions)].map((position) => `'${position}'`).join(", ") || "''";
  const mine = `key = '${run}' OR startsWith(key, '${run}/')`;
  const rows = await select<{ holder: string; key: string; n: string; total: string }>(
    [
      ...[
        { target: "table", read: readTable(pipeline) },
        ...views.map((view) => ({ ...view, read: readView(view) })),
      ].map(
        ({ target, read }) =>
          `SELECT '${target}' AS holder, key, toString(n) AS n, toString(total) AS total FROM (${read}) WHERE ${mine}`,
      ),
      `SELECT 'quarantine', position, toString(count()), '0' FROM sluice.quarantine WHERE position IN (${asked}) GROUP BY position`,
    ].join(" UNION ALL "),
  );
  const held = (holder: string): Counts =>
    new Map(
      rows
        .filter((row) => row.holder === holder)
        .map(({ key, n, total }) => [key, { n: Number(n), total: Number(total) }]),
    );
  return {
    table: held("table"),
    views: new Map(views.map(({ target, by }) => [target, { groupOf: groupers[by], counts: held(target) }])),
    quarantine: new Map([...held("quarantine")].map(([position, { n }]) => [position, n])),
  };
}

const readTable = ({ table, key }: Pipeline): string =>
  `SELECT t.${key} AS key, count() AS n, sum(toUInt64(splitByChar('/', t.${key})[3])) AS total FROM ${table} AS t GROUP BY 1`;

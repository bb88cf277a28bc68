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

/** What the server holds of a run. */
export async function readHoldings(
  world: World,
  pipeline: Pipeline,
  run: string,
  records: Placed[],
): Promise<Holdings> {
  const { table, key } = pipeline;
  const read = async (query: string): Promise<Counts> => {
    const rows = await world.select<{ key: string; n: string; total: string }>(
      `SELECT key, toString(n) AS n, toString(total) AS total FROM (${query}) WHERE key = '${run}' OR startsWith(key, '${run}/')`,
    );
    return new Map(rows.map((row) => [row.key, { n: Number(row.n), total: Number(row.total) }]));
  };
  const value = `toUInt64(splitByChar('/', t.${key})[3])`;
  const views = new Map<string, { groupOf: (key: string) => string; counts: Counts }>();
  for (const view of viewsOf(pipeline)) {
    views.set(view.target, { groupOf: groupers[view.by], counts: await read(readView(view)) });
  }
  const positions = [...new Set(records.map(pipeline.position))]
    .map((position) => `'${position}'`)
    .join(", ");
  const quarantined = await world.select<{ position: string; n: number }>(
    `SELECT position, toUInt32(count()) AS n FROM sluice.quarantine WHERE position IN (${positions}) GROUP BY position`,
  );
  return {
    table: await read(
      `SELECT t.${key} AS key, count() AS n, sum(${value}) AS total FROM ${table} AS t GROUP BY 1`,
    ),
    views,
    quarantine: new Map(quarantined.map(({ position, n }) => [position, n])),
  };
}

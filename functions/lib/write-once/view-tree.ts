import type { Store } from "../store.ts";
import { splitName } from "../target.ts";

/** A table an INSERT reaches: the one it names, or the target of a materialized view behind it. */
export interface Reached {
  /** `database.name`. */
  name: string;
  engine: string;
  /** The view that leads there; none for the table itself. */
  view?: string;
  /** How many parts it remembers to drop those that come again: 0 is none at all. */
  window: number;
  /** The expression of its PARTITION BY; empty without one. */
  partitionKey: string;
}

interface Listed {
  database: string;
  name: string;
  engine: string;
  engine_full: string;
  uuid: string;
  definition: string;
  partition_key: string;
  /** `database.name` of the views that read it. */
  views: string[];
}

const listTables = `
  SELECT database, name, engine, engine_full, toString(uuid) AS uuid, partition_key,
    if(engine = 'MaterializedView', create_table_query, '') AS definition,
    arrayMap((d, t) -> concat(d, '.', t), dependencies_database, dependencies_table) AS views
  FROM system.tables
  WHERE database NOT IN ('system', 'information_schema', 'INFORMATION_SCHEMA') AND NOT is_temporary`;

const defaultWindows = `
  SELECT 'plain' AS kind, toUInt32(value) AS window FROM system.merge_tree_settings WHERE name = 'non_replicated_deduplication_window'
  UNION ALL
  SELECT 'replicated', toUInt32(value) FROM system.replicated_merge_tree_settings WHERE name = 'replicated_deduplication_window'`;

/** The table, and the target of every view behind it, however many views lie between. Empty when there is no such table. */
export async function readViewTree(store: Store, table: string): Promise<Reached[]> {
  const { database, name } = splitName(table);
  const [[current], tables, windows] = await Promise.all([
    store.select<{ name: string }>("SELECT currentDatabase() AS name", {}),
    store.select<Listed>(listTables, {}),
    store.select<{ kind: string; window: number }>(defaultWindows, {}),
  ]);
  const byName = new Map(tables.map((one) => [`${one.database}.${one.name}`, one]));
  const defaults = new Map(windows.map(({ kind, window }) => [kind, window]));
  const reached: Reached[] = [];
  const follow = (fullName: string, view?: string): void => {
    const found = byName.get(fullName);
    if (found === undefined || reached.some((one) => one.name === fullName && one.view === view)) return;
    const { engine, partition_key: partitionKey } = found;
    reached.push({
      name: fullName,
      engine,
      window: windowOf(found, defaults),
      partitionKey,
      ...(view && { view }),
    });
    for (const next of found.views) {
      const definition = byName.get(next);
      if (definition !== undefined) follow(targetOf(definition), next);
    }
  };
  follow(`${database || current?.name}.${name}`);
  return reached;
}

const identifier = "(?:`([^`]+)`|(\\w+))";
const to = new RegExp(
  `^CREATE MATERIALIZED VIEW ${identifier}\\.${identifier} TO ${identifier}\\.${identifier}`,
);

/** A view writes into the table it names with TO, or into one of its own. (`target_table` is not in every server's list.) */
function targetOf({ database, uuid, name, definition }: Listed): string {
  const named = to.exec(definition);
  if (named) return `${named[5] ?? named[6]}.${named[7] ?? named[8]}`;
  return `${database}.${/[1-9a-f]/.test(uuid) ? `.inner_id.${uuid}` : `.inner.${name}`}`;
}

function windowOf({ engine, engine_full }: Listed, defaults: ReadonlyMap<string, number>): number {
  if (!engine.endsWith("MergeTree")) return 0;
  const replicated = isReplicated(engine);
  const setting = replicated ? "replicated_deduplication_window" : "non_replicated_deduplication_window";
  const own = new RegExp(`\\b${setting} = (\\d+)`).exec(engine_full)?.[1];
  return own === undefined ? (defaults.get(replicated ? "replicated" : "plain") ?? 0) : Number(own);
}

/** Its copies agree in Keeper on what came already. */
export const isReplicated = (engine: string): boolean => /^(Replicated|Shared)/.test(engine);

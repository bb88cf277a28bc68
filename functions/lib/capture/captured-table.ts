import type { Store } from "../store.ts";
import { StoreError } from "../store-error.ts";
import type { ColumnType } from "./column-type.ts";
import { columnType } from "./types.ts";

/** A column of a captured table, as Postgres has it. */
export interface CapturedColumn {
  name: string;
  type: ColumnType;
  nullable: boolean;
  /** Its place in the key, from 0. */
  key: number | undefined;
}

/** A copy in ClickHouse. It describes itself: its comment is its topic, a column's comment the type in Postgres. */
export interface CapturedTable {
  /** `github._users`. */
  name: string;
  topic: string;
  columns: CapturedColumn[];
  /** The append-only table of every state, when it is kept: `github.users_history`. */
  history: string | undefined;
}

/** The comment of the table that keeps every state. */
export const historyOf = (topic: string): string => `every state of ${topic}`;

/** Columns of ours in a captured table begin so; the finished view leaves them out. */
export const hidden = "_";

interface Described {
  table: string;
  comment: string;
  primary_key: string;
  columns: [name: string, type: string, comment: string][];
}

/**
 * The copy of a topic's table.
 * @throws StoreError that needs a person: there is none, there are two, or a column is of a type this version does not know.
 */
export async function readCapturedTable(store: Store, topic: string): Promise<CapturedTable> {
  const rows = await store.select<Described>(query, { topic, history: historyOf(topic) });
  const [own, another] = rows.filter(({ comment }) => comment === topic);
  if (!own || another)
    throw new StoreError(
      own
        ? `both ${own.table} and ${another?.table} say in their comments that they are the copy of ${topic}: drop one`
        : `no table of ClickHouse is the copy of ${topic}: npx sluice cdc setup makes it`,
      false,
    );
  const key = keyNames(own.primary_key);
  return {
    name: own.table,
    topic,
    columns: own.columns
      .filter(([name]) => !name.startsWith(hidden))
      .map(([name, type, comment]) => ({
        name,
        type: known(comment, `${own.table}.${name}`),
        nullable: type.includes("Nullable(") && !type.startsWith("Array("),
        key: key.includes(name) ? key.indexOf(name) : undefined,
      })),
    history: rows.find(({ comment }) => comment !== topic)?.table,
  };
}

/** The columns of a key as `system.tables` writes it: `user_name`, `(a, b)`, with backquotes where a name needs them. */
export const keyNames = (key: string): string[] =>
  key
    .replace(/^\((.*)\)$/, "$1")
    .split(", ")
    .map((name) => name.replace(/^`(.*)`$/, "$1"));

const query = `
  SELECT concat(t.database, '.', t.name) AS table, t.comment AS comment, any(t.primary_key) AS primary_key,
    arrayMap(x -> (x.2, x.3, x.4), arraySort(groupArray((c.position, c.name, c.type, c.comment)))) AS columns
  FROM system.tables AS t INNER JOIN system.columns AS c ON c.database = t.database AND c.table = t.name
  WHERE t.comment IN ({topic: String}, {history: String}) AND t.engine LIKE '%MergeTree'
  GROUP BY table, comment`;

function known(comment: string, column: string): ColumnType {
  const type = columnType(comment);
  if (type) return type;
  throw new StoreError(
    `the comment of ${column} is ${JSON.stringify(comment)}: no type of Postgres known here`,
    false,
  );
}

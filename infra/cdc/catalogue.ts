import type { ColumnType } from "../../functions/lib/capture/column-type.ts";
import { columnType } from "../../functions/lib/capture/types.ts";
import { type CapturedEntry, type CdcConfig, topicOf } from "./config.ts";
import type { Postgres } from "./postgres.ts";

export interface SourceColumn {
  name: string;
  /** As the column's comment in ClickHouse has it: `numeric(10,2)`, `enum[]`. */
  postgresType: string;
  nullable: boolean;
  type: ColumnType;
}

/** A table to capture, as Postgres' own catalogue describes it. */
export interface SourceTable {
  entry: CapturedEntry;
  topic: string;
  /** `database._table` and `database.table` in ClickHouse. */
  copy: string;
  view: string;
  history: string | undefined;
  columns: SourceColumn[];
  key: string[];
  /** d: the primary key, f: all, i: an index, n: nothing. */
  identity: "d" | "f" | "i" | "n";
}

/** Something that keeps a table from being captured, and what mends it. */
export interface Problem {
  what: string;
  mend: string;
  /** Reading every table anew, with a new slot, mends it. */
  bySnapshot?: true;
}

export const mendedBySnapshot = (what: string): Problem => ({
  what,
  mend: "npx sluice cdc setup --snapshot reads every table anew",
  bySnapshot: true,
});

interface Row {
  kind: string;
  persistence: string;
  identity: SourceTable["identity"];
  columns: { name: string; type: string; nullable: boolean; generated: boolean }[];
  keys: { columns: string[]; primary: boolean; identity: boolean; immediate: boolean; total: boolean }[];
}

/** The tables of `cdc.yml`, and every problem there is with them. */
export async function readCatalogue(
  postgres: Postgres,
  config: CdcConfig,
): Promise<{ tables: SourceTable[]; problems: Problem[] }> {
  const problems: Problem[] = [];
  const tables: SourceTable[] = [];
  for (const entry of config.tables) {
    const [row] = await postgres.query<Row>(catalogueQuery, entry.table.split("."));
    if (!row)
      problems.push({
        what: `Postgres has no table ${entry.table}`,
        mend: "create it, or take it out of sql/cdc.yml",
      });
    else tables.push(describe(config, entry, row, problems));
  }
  return { tables, problems };
}

function describe(config: CdcConfig, entry: CapturedEntry, row: Row, problems: Problem[]): SourceTable {
  const say = (what: string, mend: string) =>
    problems.push({ what: `${entry.table}${what.startsWith(".") ? "" : " "}${what}`, mend });
  const isTable = "rp".includes(row.kind);
  if (!isTable) say("is no table", "capture the tables behind it");
  if (row.persistence !== "p") say("is not logged", `ALTER TABLE ${entry.table} SET LOGGED`);
  const key = isTable ? keyOf(entry, row, say) : [];
  if (isTable) checkIdentity(entry, row, key, say);
  const columns = columnsOf(entry, row, key, say);
  const [database, name] = entry.as.split(".");
  return {
    entry,
    topic: topicOf(config, entry),
    copy: `${database}._${name}`,
    view: entry.as,
    history: entry.history ? `${entry.as}_history` : undefined,
    columns,
    key,
    identity: row.identity,
  };
}

type Say = (what: string, mend: string) => void;

function keyOf(entry: CapturedEntry, row: Row, say: Say): string[] {
  if (entry.key) {
    const wanted = entry.key;
    const index = row.keys.find(({ columns, total }) => total && sameColumns(columns, wanted));
    if (!index)
      say(
        `has no unique index on ${wanted.join(", ")} alone whose columns are NOT NULL`,
        "make one, or leave `key` out",
      );
    return wanted;
  }
  const primary = row.keys.find((one) => one.primary);
  if (!primary) {
    say(
      "has no primary key: in a publication Postgres would refuse its updates and deletes",
      `ALTER TABLE ${entry.table} ADD PRIMARY KEY (…)`,
    );
    return [];
  }
  if (!primary.immediate)
    say("has a deferrable primary key, which cannot tell rows apart in the log", "make it NOT DEFERRABLE");
  return primary.columns;
}

const sameColumns = (a: string[], b: string[]) => a.toSorted().join("\0") === b.toSorted().join("\0");

function checkIdentity(entry: CapturedEntry, { identity, keys }: Row, key: string[], say: Say): void {
  const full = `ALTER TABLE ${entry.table} REPLICA IDENTITY FULL`;
  if (identity === "n")
    say("has REPLICA IDENTITY NOTHING: Postgres would refuse its updates and deletes", full);
  const index = keys.find((one) => (identity === "i" ? one.identity : one.primary));
  if (identity !== "f" && index && !sameColumns(index.columns, key))
    say(`is known in the log by ${index.columns.join(", ")}, not by the key ${key.join(", ")}`, full);
}

function columnsOf(entry: CapturedEntry, row: Row, key: string[], say: Say): SourceColumn[] {
  for (const name of [...(entry.columns ?? []), ...key]) {
    if (!row.columns.some((one) => one.name === name))
      say(`has no column ${name}`, "mend `columns` or `key` in sql/cdc.yml");
  }
  // What Postgres computes is not in its log.
  const wanted = row.columns.filter(
    ({ name, generated }) =>
      !generated && (!entry.columns || entry.columns.includes(name) || key.includes(name)),
  );
  const leaveOut = "list the `columns` to capture, without it";
  return wanted.flatMap(({ name, type: postgresType, nullable }) => {
    const type = columnType(postgresType);
    if (name.startsWith("_"))
      say(`.${name}: names that begin with _ are ours in the copy`, `rename it, or ${leaveOut}`);
    if (!type) say(`.${name} is of type ${postgresType}, which cannot be copied without loss`, leaveOut);
    if (type?.blind && row.identity !== "f")
      say(
        `.${name} (${postgresType}): a large value that was not changed cannot be told from NULL`,
        `ALTER TABLE ${entry.table} REPLICA IDENTITY FULL, or ${leaveOut}`,
      );
    if (key.includes(name) && type?.clickhouse.startsWith("Array("))
      say(`.${name} is an array in the key`, "choose another `key`");
    return type ? [{ name, postgresType, nullable: nullable && !key.includes(name), type }] : [];
  });
}

/** A type by what it is: domains by what they stand for, enums and ranges by their kind, types of extensions by their bare name. */
const typeName = (type: string, modifier: string): string => `
  CASE
    WHEN ${type}.typtype = 'e' THEN 'enum'
    WHEN ${type}.typtype = 'r' THEN 'range'
    WHEN ${type}.typtype = 'd' THEN format_type(${type}.typbasetype, ${type}.typtypmod)
    WHEN e.typtype = 'e' THEN 'enum[]'
    WHEN ${type}.typname IN ('citext', 'hstore') THEN ${type}.typname::text
    ELSE format_type(${type}.oid, ${modifier})
  END`;

const catalogueQuery = `
  SELECT c.relkind::text AS kind, c.relpersistence::text AS persistence, c.relreplident::text AS identity,
    (SELECT json_agg(json_build_object('name', a.attname, 'nullable', NOT a.attnotnull, 'generated', a.attgenerated <> '', 'type', ${typeName("t", "a.atttypmod")}) ORDER BY a.attnum)
      FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
    coalesce((SELECT json_agg(json_build_object('primary', i.indisprimary, 'identity', i.indisreplident, 'immediate', i.indimmediate,
        'total', i.indpred IS NULL AND i.indexprs IS NULL AND i.indimmediate AND NOT EXISTS (SELECT FROM pg_attribute k
          WHERE k.attrelid = c.oid AND k.attnum = ANY (i.indkey) AND NOT k.attnotnull),
        'columns', (SELECT json_agg(k.attname ORDER BY u.n) FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS u(num, n)
          JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = u.num WHERE u.n <= i.indnkeyatts)))
      FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid), '[]') AS keys
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relname = $2`;

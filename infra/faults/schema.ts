import type { Condition } from "./fault.ts";
import type { Pipeline } from "./pipelines.ts";

/** The table of the harness's own: identity by position alone. */
export const ownTable = `
  CREATE TABLE faults_positions
  (
    key String, grp String,
    in_topic String EPHEMERAL, in_partition UInt32 EPHEMERAL, in_offset UInt64 EPHEMERAL,
    in_batch UInt128 EPHEMERAL, in_batch_rows UInt32 EPHEMERAL,
    _topic LowCardinality(String) MATERIALIZED in_topic,
    _partition UInt32 MATERIALIZED in_partition,
    _offset UInt64 MATERIALIZED in_offset,
    _batch UInt128 MATERIALIZED in_batch,
    _batch_rows UInt32 MATERIALIZED in_batch_rows,
    _inserted_at DateTime64(3, 'UTC') MATERIALIZED now64(3),
    INDEX by_batch _batch TYPE minmax GRANULARITY 1,
    PROJECTION by_identity (SELECT _topic, _partition, _offset, _batch, _batch_rows ORDER BY _topic, _partition, _offset)
  )
  ENGINE = MergeTree ORDER BY key SETTINGS non_replicated_deduplication_window = 10000`;

/** A view's target and what feeds it. */
export interface View {
  target: string;
  name: string;
  /** Columns of the target, and its engine. */
  structure: string;
  select: string;
  /** What `key` is: the fact's, its group's, or the run's. */
  by: "key" | "group" | "run";
}

/** Tables that break a view while they have a row: an expression throws, or cannot take a row. */
export const switches = ["faults_throws", "faults_refuses"].map(
  (name) => `CREATE TABLE ${name} (on UInt8) ENGINE = Memory`,
);
const unbroken = `throwIf((SELECT count() FROM faults_throws) > 0) = 0
  AND toUInt8(if((SELECT count() FROM faults_refuses) > 0, 'x', '1')) = 1`;

const window = "SETTINGS non_replicated_deduplication_window = 10000";

/** Three views over a pipeline's table: sums by key, sums by run chained behind them, and states by group, which can be broken. */
export function viewsOf({ table, key, group }: Pipeline): View[] {
  const value = `toUInt64(splitByChar('/', t.${key})[3])`;
  const run = (of: string) => `splitByChar('/', ${of})[1]`;
  const summing = `(key String, n UInt64, total UInt64) ENGINE = SummingMergeTree ORDER BY key ${window}`;
  const states = `(key String, n AggregateFunction(count), total AggregateFunction(sum, UInt64)) ENGINE = AggregatingMergeTree ORDER BY key ${window}`;
  const noun = table.replace(".", "_");
  const name = (of: string) => ({ target: `faults_${of}_of_${noun}`, name: `faults_to_${of}_of_${noun}` });
  const keys: View = {
    ...name("keys"),
    structure: summing,
    select: `SELECT t.${key} AS key, count() AS n, sum(${value}) AS total FROM ${table} AS t GROUP BY 1`,
    by: "key",
  };
  return [
    keys,
    {
      ...name("runs"),
      structure: summing,
      select: `SELECT ${run("t.key")} AS key, sum(t.n) AS n, sum(t.total) AS total FROM ${keys.target} AS t GROUP BY 1`,
      by: "run",
    },
    {
      ...name("groups"),
      structure: states,
      select: `SELECT concat(${run(`t.${key}`)}, '/', t.${group}) AS key, countState() AS n, sumState(${value}) AS total
        FROM ${table} AS t WHERE ${unbroken} GROUP BY 1`,
      by: "group",
    },
  ];
}

/** Rows of (key, n, total). */
export const readView = ({ target, structure }: View): string =>
  structure.includes("AggregatingMergeTree")
    ? `SELECT key, countMerge(n) AS n, sumMerge(total) AS total FROM ${target} GROUP BY key`
    : `SELECT key, sum(n) AS n, sum(total) AS total FROM ${target} GROUP BY key`;

export const createView = ({ target, name, structure, select }: View): string[] => [
  `CREATE TABLE ${target} ${structure}`,
  `CREATE MATERIALIZED VIEW ${name} TO ${target} AS ${select}`,
];

/** Statements that bring a condition about, and end it. */
export function conditionOn(pipeline: Pipeline, condition: Exclude<Condition, "disk_full">) {
  const flip = (name: string) => ({ set: `INSERT INTO ${name} VALUES (1)`, clear: `TRUNCATE TABLE ${name}` });
  const few = (name: string) => ({
    set: `ALTER TABLE ${name} MODIFY SETTING parts_to_throw_insert = 1`,
    clear: `ALTER TABLE ${name} RESET SETTING parts_to_throw_insert`,
  });
  switch (condition) {
    case "view_throws":
      return flip("faults_throws");
    case "view_refuses_row":
      return flip("faults_refuses");
    case "too_many_parts":
      return few(pipeline.table);
    case "too_many_parts_in_view":
      return few(viewsOf(pipeline)[0]?.target ?? "");
  }
}

/** A column whose making takes so many seconds a row, before the part is there. */
export const slowColumn = (table: string): string =>
  `ALTER TABLE ${table} ADD COLUMN faults_slow UInt8 MATERIALIZED 0`;

export const slowBy = (table: string, seconds: number): string =>
  `ALTER TABLE ${table} MODIFY COLUMN faults_slow UInt8 MATERIALIZED ${seconds > 0 ? `sleepEachRow(${seconds})` : 0}`;

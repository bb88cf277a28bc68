import type { ClickHouseClient } from "@clickhouse/client";
import { type Position, parsePosition } from "../../events/origin.ts";
import { neutralise } from "../terminal/neutralise.ts";
import { asReader } from "./reader.ts";

/** A row that came from what was asked for. */
export interface TracedRow {
  table: string;
  /** What led to it: where it was read, where its fact first entered the system, or an id. */
  by: "read at" | "origin" | "message id" | "commit id" | "event id";
  /** Its hidden columns, `_inserted_at` and `_batch` among them. */
  came: Record<string, unknown>;
  row: Record<string, unknown>;
}

export interface TracedRejection {
  id: string;
  /** UTC. */
  at: string;
  source: string;
  reason: string;
  detail: string;
  status: string;
}

export interface Trace {
  id: string;
  rows: TracedRow[];
  quarantined: TracedRejection[];
  /** Tables and what of them was compared. */
  looked_in: string[];
}

interface Table {
  full_name: string;
  columns: string[];
  /** Those of them that hold text. */
  texts: string[];
  hidden: string[];
}

const listTables = `
  SELECT concat('\`', database, '\`.\`', table, '\`') AS full_name, groupArrayIf(name, default_kind != 'EPHEMERAL') AS columns,
    groupArrayIf(name, type = 'String' AND default_kind != 'EPHEMERAL') AS texts, groupArrayIf(name, startsWith(name, '_')) AS hidden
  FROM (SELECT database, table, name, type, default_kind FROM system.columns
    WHERE database NOT IN ('system', 'information_schema', 'INFORMATION_SCHEMA') ORDER BY position)
  GROUP BY database, table HAVING has(columns, '_batch') ORDER BY full_name`;

/** Columns of text; `event_id` is not among them: it is what an event is about, not the event. */
const ids = { _message_id: "message id", commit_id: "commit id", id: "event id" } as const;
const places = { "": "read at", _origin: "origin" } as const;

/** Where a record went: a message id, a commit or event id, or `<topic>:<partition>:<offset>`. */
export function trace(id: string): Promise<Trace> {
  const position = parsePosition(id);
  return asReader(async (client) => {
    const tables = await rowsOf<Table>(client, listTables, {});
    const questions = tables.flatMap((table) => questionsOf(table, position));
    const found = await Promise.all(
      questions.map(async ({ table, by, where }) => {
        const shown = table.columns.filter((name) => !name.startsWith("_"));
        const query = `SELECT ${[...shown, ...table.hidden].map((name) => `\`${name}\``).join(", ")} FROM ${table.full_name} WHERE ${where} LIMIT 100`;
        const rows = await rowsOf<Record<string, unknown>>(client, query, { id, ...position });
        return rows.map((row): TracedRow => ({ table: plain(table.full_name), by, ...apart(row) }));
      }),
    );
    const quarantined = await rowsOf<TracedRejection>(
      client,
      "SELECT toString(id) AS id, toString(at) AS at, source, reason, detail, status FROM sluice.quarantine WHERE position = {id: String} ORDER BY at",
      { id },
    );
    const looked = questions.map(({ table, by }) => `${plain(table.full_name)} (${by})`);
    return { id, rows: found.flat(), quarantined, looked_in: [...looked, "sluice.quarantine (position)"] };
  });
}

const plain = (name: string) => name.replaceAll("`", "");

async function rowsOf<Row>(client: ClickHouseClient, query: string, params: object): Promise<Row[]> {
  const result = await client.query({
    query,
    query_params: { ...params },
    format: "JSONEachRow",
    // A batch id has 128 bits.
    clickhouse_settings: { output_format_json_quote_64bit_integers: 1 },
  });
  return result.json<Row>();
}

function questionsOf(table: Table, position: Position | undefined) {
  const has = (...names: string[]) => names.every((name) => table.columns.includes(name));
  const byId = Object.entries(ids).filter(([name]) => table.texts.includes(name));
  const byPlace = position
    ? Object.entries(places).filter(([of]) => has(`${of}_topic`, `${of}_partition`, `${of}_offset`))
    : [];
  return [
    ...byId.map(([name, by]) => ({ table, by, where: `${name} = {id: String}` })),
    ...byPlace.map(([of, by]) => ({
      table,
      by,
      where: `${of}_topic = {topic: String} AND ${of}_partition = {partition: UInt32} AND ${of}_offset = {offset: UInt64}`,
    })),
  ];
}

function apart(all: Record<string, unknown>): Pick<TracedRow, "came" | "row"> {
  const entries = Object.entries(all);
  return {
    came: Object.fromEntries(entries.filter(([name]) => name.startsWith("_"))),
    row: Object.fromEntries(entries.filter(([name]) => !name.startsWith("_"))),
  };
}

export function renderTrace({ id, rows, quarantined, looked_in }: Trace): string {
  if (rows.length + quarantined.length === 0) {
    const where = looked_in.map((table) => `  ${table}`).join("\n");
    return `Nothing came from ${neutralise(id)}. Looked in\n${where}\nIt may be on its way still, or the id is another: a message id, a commit or event id, or topic:partition:offset.\n`;
  }
  const show = (value: unknown) => neutralise(typeof value === "string" ? value : JSON.stringify(value));
  const fields = (values: Record<string, unknown>) =>
    Object.entries(values).map(([name, value]) => `  ${name.padEnd(20)}  ${show(value)}`);
  return [
    ...rows.flatMap(({ table, by, came, row }) => [
      `${table}, found by ${by}`,
      ...fields(came),
      ...fields(row),
      "",
    ]),
    ...quarantined.flatMap(({ id: rejected, ...rest }) => [
      "sluice.quarantine: not a row",
      ...fields(rest),
      `  npx sluice quarantine show ${rejected}`,
      "",
    ]),
  ].join("\n");
}

import { neutralise, neutraliseLines } from "../terminal/neutralise.ts";
import { renderTable } from "../terminal/table.ts";
import { asReader } from "./reader.ts";

interface Listed {
  id: string;
  /** UTC. */
  at: string;
  source: string;
  position: string;
  reason: string;
  detail: string;
  status: string;
}

interface Shown extends Listed {
  headers: { name: string; value: string }[];
}

const columns = ["id", "at", "source", "position", "reason", "detail", "status"] as const;

/** The newest first. */
export function listQuarantine(filter: {
  reason?: string;
  source?: string;
  limit: number;
}): Promise<Listed[]> {
  const { reason = "", source = "", limit } = filter;
  return asReader(async (client) => {
    const result = await client.query({
      query: `
        SELECT ${columns.join(", ")} FROM sluice.quarantine
        WHERE ({reason: String} = '' OR reason = {reason: String}) AND ({source: String} = '' OR source = {source: String})
        ORDER BY at DESC, id LIMIT {limit: UInt32}`,
      query_params: { reason, source, limit },
      format: "JSONEachRow",
    });
    return result.json<Listed>();
  });
}

/** @throws Error when there is no message of that id. */
export async function showQuarantined(id: string): Promise<Shown & { body: Buffer }> {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id))
    throw new Error(`"${id}" is no id of a rejected message: \`npx sluice quarantine list\` shows them.`);
  const rows = await asReader(async (client) => {
    const result = await client.query({
      query: `SELECT ${columns.join(", ")}, headers, base64Encode(body) AS body FROM sluice.quarantine WHERE id = {id: UUID}`,
      query_params: { id },
      format: "JSONEachRow",
    });
    return result.json<Shown & { body: string }>();
  });
  const [row] = rows;
  if (!row)
    throw new Error(`No rejected message has the id ${id}: \`npx sluice quarantine list\` shows them.`);
  return { ...row, body: Buffer.from(row.body, "base64") };
}

export function renderList(rows: Listed[]): string {
  if (rows.length === 0) return "Nothing is quarantined.\n";
  return renderTable(
    [...columns],
    rows.map((row) => columns.map((column) => row[column])),
  );
}

/** More of a body than this is for --raw. */
const mostShown = 10_000;

export function renderOne(row: Shown, body: Buffer): string {
  const width = Math.max(...columns.map((column) => column.length));
  const line = (name: string, value: string) => `${name.padEnd(width)}  ${neutralise(value)}`;
  const fields = columns.map((column) => line(column, row[column]));
  const headers = row.headers.map(({ name, value }) => line("header", `${name}: ${value}`));
  const text = body.subarray(0, mostShown).toString();
  const more = body.length > mostShown ? `\n… ${body.length - mostShown} more bytes: --raw` : "";
  return [...fields, ...headers, "", neutraliseLines(text) + more, ""].join("\n");
}

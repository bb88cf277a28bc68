import type { Spool } from "./spool.ts";
import { literal, utf8 } from "./sql.ts";
import { inputCall, type Statement } from "./statement.ts";
import type { Work } from "./work.ts";

/**
 * Runs an INSERT whose data lies in a file. The data never becomes part of the SQL: inline data is cut at its first blank line
 * by the embedded engine, and what follows is parsed as SQL.
 */
export async function insert(work: Work, data: Spool): Promise<void> {
  const { statement } = work;
  const selects = statement.tokens.some((token) => token.text === "SELECT" && token.depth === 0);
  if (selects) await work.run(fromInput(statement, data));
  else await work.run(fromFile(statement, data), { written: true });
  await work.answer(new Uint8Array());
}

/** An empty body is no document of most formats; as JSON lines it is no rows, and the table and the privileges are still checked. */
const formatOf = (statement: Statement, data: Spool) => (data.size === 0 ? "JSONEachRow" : statement.format);

function fromFile(statement: Statement, data: Spool): string {
  const { sql, clauseAt, formatAt } = statement;
  const file = `FROM INFILE ${literal(data.path)} COMPRESSION 'none'`;
  const settings = utf8(sql.slice(clauseAt, formatAt));
  return `${utf8(sql.slice(0, clauseAt))} ${file} ${settings} FORMAT ${formatOf(statement, data)}`;
}

/** `INSERT … SELECT … FROM input('structure')` silently inserts nothing in the embedded engine: it reads the file instead. */
function fromInput(statement: Statement, data: Spool): string {
  const { sql, clauseAt } = statement;
  const input = inputCall(statement);
  if (!input) return utf8(sql.slice(0, clauseAt));
  const file = `file(${literal(data.path)}, ${formatOf(statement, data)}, ${utf8(input.literal)})`;
  return utf8(sql.slice(0, input.start)) + file + utf8(sql.slice(input.end, clauseAt));
}

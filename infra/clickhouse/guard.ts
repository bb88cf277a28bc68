import type { Analysis } from "./addon.ts";
import { accessDenied, ServerError, severalStatements } from "./errors.ts";
import { nameOf, stringOf, tokens } from "./lexer.ts";
import type { Ask } from "./request.ts";
import { inputCall, type Statement } from "./statement.ts";
import type { User } from "./users.ts";

/** Values of `Analysis.queryClass`. */
const [readOnly, control, unknown] = [0, 3, 4];

export const isRead = (analysis: Analysis) => analysis.queryClass === readOnly;

/**
 * Refuses what the engine's roles cannot refuse. They decide who reads and writes which table; this only keeps requests to one
 * statement, away from the server's files, and a restricted user in its role.
 */
export function permit(ask: Ask, statement: Statement, analysis: Analysis): void {
  const { sql, full, verb } = statement;
  limitLength(sql.length, Number(ask.settings.get("max_query_size") ?? 262_144));
  const behind = tokens(full.slice(sql.length)).find((token) => token.kind !== "semicolon");
  if (behind || (analysis.statementCount > 1 && !ask.user.trusted))
    throw severalStatements(`${full.slice(sql.length, sql.length + 80)}, at position ${sql.length + 1}`);
  if (follows(statement, "INTO", "OUTFILE"))
    throw new ServerError(358, "INTO_OUTFILE_NOT_ALLOWED", "INTO OUTFILE is not allowed");
  if (verb === "INSERT" && follows(statement, "FROM", "INFILE"))
    throw new ServerError(78, "UNKNOWN_TYPE_OF_QUERY", "Query has infile and was send directly to server");
  if (!ask.user.trusted) restrict(ask, statement, analysis);
}

function limitLength(length: number, most: number): void {
  if (most === 0 || length <= most) return;
  const message = `Syntax error: Max query size exceeded: ${length} bytes, max_query_size is ${most}`;
  throw new ServerError(62, "SYNTAX_ERROR", message);
}

const follows = ({ tokens: all }: Statement, first: string, second: string) =>
  all.some((token, i) => token.text === first && all[i + 1]?.text === second);

/** Of what controls the server, a restricted user may set settings, change its database and stop its own queries. */
function restrict(ask: Ask, statement: Statement, { queryClass }: Analysis): void {
  const grant = hidden(ask, statement).map(reachesAround).find(Boolean);
  if (grant) throw accessDenied(ask.user.name, grant);
  keepLimits(ask.user, statement);
  const { verb, tokens: all } = statement;
  const controls = queryClass === control && !["SET", "USE", "KILL"].includes(verb);
  if (controls || queryClass === unknown) throw accessDenied(ask.user.name, `${verb} ON *.*`);
  if (verb === "SET" && ["ROLE", "DEFAULT"].includes(all[1]?.text ?? ""))
    throw new ServerError(512, "SET_NON_GRANTED_ROLE", "Role should be granted to set as current");
}

/** A statement may lower a limit of its user (`max_execution_time = 5`), and name it in no other way. */
function keepLimits({ name: user, limits = {} }: User, { sql, tokens: all }: Statement): void {
  all.forEach((token, i) => {
    const name = nameOf(sql, token);
    if (name === undefined || !Object.hasOwn(limits, name)) return;
    const most = limits[name] ?? 0;
    const [equals, value, next] = all.slice(i + 1, i + 4).map(({ text }) => text);
    const isWhole = equals === "=" && next !== ".";
    if (isWhole && Number(value) > 0 && Number(value) <= most) return;
    const message = `Setting ${name} of ${user} should be from 1 to ${most}`;
    throw new ServerError(452, "SETTING_CONSTRAINT_VIOLATION", message);
  });
}

/**
 * The scalar function `file` reads any file of the machine without a privilege, and can be named without being called
 * (`arrayMap(file, …)`, `APPLY file`). The table functions below take column definitions or SQL as a string, which may call it
 * in a DEFAULT or ALIAS expression; all other table functions need a privilege no restricted user has. A test compares this
 * list with the engine's.
 */
export const stringTakingFunctions = [
  "eval",
  "generaterandom",
  "input",
  "null",
  "sqlstandardvalues",
  "values",
];
/** What makes data of the Values format be evaluated; the server itself sets them, to 0, for restricted users. */
export const valuesExpressions = [
  "input_format_values_interpret_expressions",
  "input_format_values_deduce_templates_of_expressions",
];
/** Settings whose value is or allows an expression, where the same could be hidden. */
const expressionSettings = [...valuesExpressions, "additional_result_filter", "additional_table_filters"];

/** All that a request brings to the engine as names: its SQL, the structure of its input, its settings, its identifiers. */
function hidden({ settings, params }: Ask, statement: Statement): string[] {
  const { sql, tokens: all } = statement;
  const input = inputCall(statement);
  const own = input ? sql.slice(0, input.start) + sql.slice(input.end) : sql;
  const named = all.filter((_, i) => all[i - 1]?.text === "{" && all[i + 2]?.text === "IDENTIFIER");
  if (named.length > 0 && all.some((token) => token.text.startsWith("PARAM_")))
    throw new ServerError(36, "BAD_ARGUMENTS", "Parameters that name something come from the URL");
  const identifiers = named.map((token) => {
    const value = params.get(sql.slice(token.start, token.end));
    if (value === undefined)
      throw new ServerError(456, "UNKNOWN_QUERY_PARAMETER", `Substitution \`${token.text}\` is not set`);
    return stringOf({ ...token, text: `'${value}'` });
  });
  return [own, input?.structure ?? "", [...settings.keys()].join(" "), ...identifiers];
}

/** The privilege that would allow what a text does around the engine's privileges, or nothing. */
export function reachesAround(sql: string): string | undefined {
  let previous: string | undefined;
  let name: string | undefined;
  for (const token of tokens(sql)) {
    if (token.text === "(" && stringTakingFunctions.includes(name?.toLowerCase() ?? ""))
      return "CREATE TEMPORARY TABLE ON *.*";
    name = nameOf(sql, token);
    if (name === "file" && previous !== ".") return "READ ON FILE";
    if (name && expressionSettings.includes(name)) return `SET ${name}`;
    previous = token.text;
  }
  return undefined;
}

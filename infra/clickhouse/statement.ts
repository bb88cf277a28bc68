import { stringOf, type Token, tokens } from "./lexer.ts";

/** One statement, as latin1 text. */
export interface Statement {
  /** Without closing semicolons and without inline data. */
  sql: string;
  /** Everything that was sent, closing semicolons included; of an INSERT with data the same as `sql`. */
  full: string;
  /** Its first word, upper case: SELECT, INSERT, … */
  verb: string;
  /** Where the server's own `INTO OUTFILE` or `FROM INFILE` goes. */
  clauseAt: number;
  /** Where its FORMAT or VALUES stands, else its end. */
  formatAt: number;
  /** The format it names. */
  format: string | undefined;
  /** For an INSERT that takes data: where in the text the data begins. */
  dataAt: number | undefined;
  /** As the query log shows it. */
  logged: string;
  /** All tokens of `sql`. */
  tokens: readonly Token[];
}

/** Words after which FORMAT, VALUES, SELECT or SETTINGS is a name. */
const namesFollow = new Set([".", ",", "AS", "FROM", "JOIN"]);
/** In a SELECT these are names themselves: `GROUP BY table FORMAT TSV`. */
const namesFollowToo = new Set(["INTO", "TABLE", "FUNCTION", "DATABASE"]);

/** The first words of statements that have rows as their result. */
export const isReading = (verb: string): boolean => ["SELECT", "WITH", "FROM", "("].includes(verb);

function isClause(outer: readonly Token[], i: number, word: string): boolean {
  const [first, before] = [outer[0]?.text ?? "", outer[i - 1]?.text ?? ""];
  const isNamed = namesFollow.has(before) || (!isReading(first) && namesFollowToo.has(before));
  return outer[i]?.kind === "word" && outer[i].text === word && i > 0 && !isNamed;
}

/** Reads the statement at the beginning of `text`; `undefined` when there is none. */
export function readStatement(text: string): Statement | undefined {
  const all: Token[] = [];
  const outer: Token[] = [];
  for (const token of tokens(text)) {
    if (token.kind === "semicolon") {
      if (outer.length > 0) break;
      continue;
    }
    all.push(token);
    if (token.depth > 0) continue;
    outer.push(token);
    const insert = outer[0]?.text === "INSERT" ? dataInsert(text, outer, all) : undefined;
    if (insert) return insert;
  }
  const [first, last] = [outer[0], all.at(-1)];
  if (!first || !last) return undefined;
  const at = outer.findLastIndex(
    (_, i) =>
      isClause(outer, i, "FORMAT") && outer[i + 1] && (!outer[i + 2] || outer[i + 2]?.text === "SETTINGS"),
  );
  const format = at < 0 ? undefined : outer[at + 1];
  return {
    sql: text.slice(0, last.end),
    full: text,
    verb: first.text,
    clauseAt: outer[at]?.start ?? last.end,
    formatAt: outer[at]?.start ?? last.end,
    format: format && text.slice(format.start, format.end),
    dataAt: undefined,
    logged: text.slice(0, last.end),
    tokens: all,
  };
}

/** Called with each further token: answers as soon as the last one ends the SQL part of an INSERT that takes data. */
function dataInsert(text: string, outer: readonly Token[], all: readonly Token[]): Statement | undefined {
  const i = outer.length - 1;
  const token = outer[i];
  if (!token || (token.text !== "VALUES" && outer[i - 1]?.text !== "FORMAT")) return undefined;
  const select = outer.some((_, j) => isClause(outer, j, "SELECT") || isClause(outer, j, "WITH"));
  const settings = outer.find((_, j) => isClause(outer, j, "SETTINGS"));
  const formatted = isClause(outer, i - 1, "FORMAT") && token.kind !== "symbol";
  const values = !select && !formatted && isClause(outer, i, "VALUES");
  if (!values && !formatted) return undefined;
  const formatAt = (values ? token : outer[i - 1])?.start ?? 0;
  const sql = text.slice(0, token.end);
  return {
    sql,
    full: sql,
    verb: "INSERT",
    clauseAt: (select ? undefined : settings?.start) ?? formatAt,
    formatAt,
    format: values ? "Values" : text.slice(token.start, token.end),
    dataAt: token.end,
    logged: text.slice(0, text.length - inlineData(text, token.end, values ? "Values" : undefined).length),
    tokens: all,
  };
}

/** Inline data begins behind blanks and one line break after the format's name. */
export const inlineData = (text: string, at: number, format: string | undefined) =>
  format === "Values" ? text.slice(at) : text.slice(at).replace(/^[ \t\f]*\r?\n?/, "");

/** The call of `input('structure')` in an INSERT … SELECT with data: where it stands, and the structure it declares. */
export function inputCall({ dataAt, tokens: all }: Statement) {
  const at =
    dataAt === undefined
      ? -1
      : all.findIndex((token, i) => token.text === "INPUT" && all[i + 1]?.text === "(");
  const [name, structure, close] = [all[at], all[at + 2], all[at + 3]];
  if (!name || structure?.kind !== "string" || close?.text !== ")") return undefined;
  return { start: name.start, end: close.end, literal: structure.text, structure: stringOf(structure) };
}

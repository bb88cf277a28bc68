/**
 * ClickHouse's lexer, as far as the server needs it: where a statement ends, where its FORMAT clause and its inline data begin.
 * Source: src/Parsers/Lexer.cpp. It works on latin1 text, so one character is one byte of the request.
 * It only locates; what a statement may do is decided by the engine's own parser and roles.
 */
export interface Token {
  kind: "word" | "quoted" | "semicolon" | "symbol" | "error";
  /** Upper case for words, the raw text otherwise. */
  text: string;
  start: number;
  end: number;
  depth: number;
}

const pattern =
  /[ \t\n\r\f\v]+|--[^\n]*|\/\/[^\n]*|#[ !][^\n]*|'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*"|`(?:[^`\\]|\\[\s\S]|``)*`|\$([A-Za-z0-9_]*)\$[\s\S]*?\$\1\$|[A-Za-z0-9_$]+|[\s\S]/y;

/** Block comments nest, which a regular expression cannot follow. Answers where the comment ends, -1 when it does not. */
function commentEnd(sql: string, start: number): number {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = start;
  for (let depth = 0, found = edge.exec(sql); found; found = edge.exec(sql)) {
    depth += found[0] === "/*" ? 1 : -1;
    if (depth === 0) return edge.lastIndex;
  }
  return -1;
}

export function* tokens(sql: string): Generator<Token> {
  let depth = 0;
  for (let start = 0; start < sql.length; ) {
    if (sql.startsWith("/*", start)) {
      const end = commentEnd(sql, start);
      if (end < 0) return yield { kind: "error", text: "/*", start, end: sql.length, depth };
      start = end;
      continue;
    }
    pattern.lastIndex = start;
    const text = pattern.exec(sql)?.[0] ?? "";
    const end = start + text.length;
    const first = text[0] ?? "";
    if (first === ")" || first === "]" || first === "}") depth--;
    if (/^[A-Za-z0-9_$]/.test(text) && !/^\$\w*\$[\s\S]/.test(text))
      yield { kind: "word", text: text.toUpperCase(), start, end, depth };
    else if (first === ";") yield { kind: "semicolon", text, start, end, depth };
    else if (/^['"`$]/.test(first))
      yield { kind: text.length > 1 ? "quoted" : "error", text, start, end, depth };
    else if (!/^(?:\s|--|\/\/|#[ !])/.test(text)) yield { kind: "symbol", text, start, end, depth };
    if (first === "(" || first === "[" || first === "{") depth++;
    start = end;
  }
}

export interface Statement {
  /** The statement without its closing semicolons and without inline data. */
  sql: string;
  /** Its first word, upper case: SELECT, INSERT, … */
  verb: string;
  /** Where the server's own `INTO OUTFILE` or `FROM INFILE` clause goes. */
  clauseAt: number;
  /** The format the statement names. */
  format: string | undefined;
  /** For an INSERT that takes data: where in the text it begins. */
  dataAt: number | undefined;
}

/** Words after which FORMAT, VALUES or SETTINGS is a name. */
const namesFollow = new Set([
  ".",
  ",",
  "AS",
  "FROM",
  "JOIN",
  "INTO",
  "TABLE",
  "FUNCTION",
  "DATABASE",
  "COLUMN",
]);

/** Reads the statement at the beginning of `sql`; `undefined` when there is none. */
export function readStatement(sql: string): Statement | undefined {
  const outer: Token[] = [];
  for (const token of tokens(sql)) {
    if (token.kind === "semicolon" && outer.length > 0) break;
    if (token.depth > 0 || token.kind === "semicolon") continue;
    outer.push(token);
    const insert = outer[0]?.text === "INSERT" ? readInsert(sql, outer) : undefined;
    if (insert) return insert;
  }
  const first = outer[0];
  const last = outer.at(-1);
  if (!first || !last) return undefined;
  const at = outer.findLastIndex((_, i) => isClause(outer, i, "FORMAT") && endsAfter(outer, i + 2));
  const format = at < 0 ? undefined : outer[at + 1];
  return {
    sql: sql.slice(0, last.end),
    verb: first.text,
    clauseAt: outer[at]?.start ?? last.end,
    format: format && sql.slice(format.start, format.end),
    dataAt: undefined,
  };
}

const isClause = (outer: Token[], i: number, word: string) =>
  outer[i]?.kind === "word" && outer[i].text === word && !namesFollow.has(outer[i - 1]?.text ?? ".");

/** A FORMAT clause is followed by nothing or by SETTINGS; anything else makes the word a name. */
const endsAfter = (outer: Token[], i: number) =>
  outer[i - 1] !== undefined && (outer[i] === undefined || outer[i].text === "SETTINGS");

/** Called with each further token: answers as soon as the last one ends the SQL part of an INSERT that takes data. */
function readInsert(sql: string, outer: Token[]): Statement | undefined {
  const i = outer.length - 1;
  const select = outer.some((_, j) => isClause(outer, j, "SELECT") || isClause(outer, j, "WITH"));
  const settings = outer.findIndex((_, j) => isClause(outer, j, "SETTINGS"));
  if (!select && isClause(outer, i, "VALUES")) {
    const [start, end] = [outer[i]?.start ?? 0, outer[i]?.end ?? 0];
    const clauseAt = outer[settings]?.start ?? start;
    return { sql: sql.slice(0, end), verb: "INSERT", clauseAt, format: "Values", dataAt: end };
  }
  if (!isClause(outer, i - 1, "FORMAT") || outer[i]?.kind === "symbol") return undefined;
  const [start, end] = [outer[i]?.start ?? 0, outer[i]?.end ?? 0];
  const clauseAt = (select ? undefined : outer[settings]?.start) ?? outer[i - 1]?.start ?? 0;
  return { sql: sql.slice(0, end), verb: "INSERT", clauseAt, format: sql.slice(start, end), dataAt: end };
}

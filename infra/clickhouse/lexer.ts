/**
 * ClickHouse's lexer, as far as the server needs it. Source: src/Parsers/Lexer.cpp.
 * It works on latin1 text, so one character is one byte of the request. It only locates clauses; how many statements a
 * text holds and what they may do is decided by the engine's own parser and roles.
 */
export interface Token {
  kind: "word" | "quoted" | "string" | "semicolon" | "symbol" | "error";
  /** Upper case for words, the raw text otherwise. */
  text: string;
  start: number;
  end: number;
  /** How many brackets are open around it. */
  depth: number;
}

const skipped = /(?:[ \t\n\r\f\v]+|--[^\n]*|\/\/[^\n]*|#[ !][^\n]*)+/y;
const kinds: readonly (readonly [Token["kind"], RegExp])[] = [
  ["string", /'(?:[^'\\]|\\[\s\S]|'')*'|\$(\w*)\$[\s\S]*?\$\1\$|\xe2\x80\x98[\s\S]*?\xe2\x80\x99/y],
  ["quoted", /"(?:[^"\\]|\\[\s\S]|"")*"|`(?:[^`\\]|\\[\s\S]|``)*`|\xe2\x80\x9c[\s\S]*?\xe2\x80\x9d/y],
  ["word", /[A-Za-z0-9_$]+/y],
  ["semicolon", /;/y],
  ["error", /['"`]|\/\*/y],
  ["symbol", /[\s\S]/y],
];

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

/** Where the next token begins: behind white space and comments. */
function skip(sql: string, at: number): number {
  for (let start = at; ; ) {
    skipped.lastIndex = start;
    if (skipped.test(sql)) start = skipped.lastIndex;
    else if (!sql.startsWith("/*", start)) return start;
    else {
      const end = commentEnd(sql, start);
      if (end < 0) return start;
      start = end;
    }
  }
}

function kindAt(sql: string, start: number): (typeof kinds)[number] {
  const found = kinds.find(([, pattern]) => {
    pattern.lastIndex = start;
    return pattern.test(sql);
  });
  if (!found) throw new RangeError(`No token at ${start}`);
  return found;
}

export function* tokens(sql: string): Generator<Token> {
  let depth = 0;
  for (let start = skip(sql, 0); start < sql.length; ) {
    const [name, pattern] = kindAt(sql, start);
    const end = name === "error" ? sql.length : pattern.lastIndex;
    const raw = sql.slice(start, end);
    if (raw === ")" || raw === "]" || raw === "}") depth--;
    yield { kind: name, text: name === "word" ? raw.toUpperCase() : raw, start, end, depth };
    if (raw === "(" || raw === "[" || raw === "{") depth++;
    start = skip(sql, end);
  }
}

const escapes: Record<string, string> = {
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  0: "\0",
  a: "\x07",
  v: "\v",
};

/** What a quoted token stands for, its escapes undone. */
function unquote(text: string): string {
  const width = text.startsWith("\xe2") ? 3 : 1;
  const quote = text[0] ?? "";
  return text
    .slice(width, -width)
    .replaceAll(quote + quote, quote)
    .replace(/\\(?:x([0-9A-Fa-f]{2})|([\s\S]))/g, (_, hex, one) =>
      hex ? String.fromCharCode(Number.parseInt(hex, 16)) : (escapes[one] ?? one),
    );
}

/** The name a word or quoted identifier stands for; `undefined` for other tokens. */
export function nameOf(sql: string, token: Token | undefined): string | undefined {
  if (token?.kind === "word") return sql.slice(token.start, token.end);
  return token?.kind === "quoted" ? unquote(token.text) : undefined;
}

/** The value of a string literal or here-document. */
export function stringOf(token: Token): string {
  const tag = /^\$\w*\$/.exec(token.text)?.[0];
  return tag ? token.text.slice(tag.length, -tag.length) : unquote(token.text);
}

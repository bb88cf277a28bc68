/**
 * Splits a migration into its statements at each `;` that stands outside strings, quoted names and comments.
 * Empty ones are left out; a statement keeps the comments before it.
 */
export function splitStatements(sql: string): string[] {
  const token =
    /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\]|\\[\s\S]|'')*'|`(?:[^`\\]|\\[\s\S])*`|"(?:[^"\\]|\\[\s\S])*"|;/g;
  const statements: string[] = [];
  let start = 0;
  for (const { 0: found, index } of sql.matchAll(token)) {
    if (found !== ";") continue;
    statements.push(sql.slice(start, index).trim());
    start = index + 1;
  }
  statements.push(sql.slice(start).trim());
  return statements.filter((statement) => withoutComments(statement) !== "");
}

const withoutComments = (sql: string): string => sql.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, "").trim();

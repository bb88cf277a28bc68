import fc from "fast-check";
import { expect, test } from "vitest";
import { nameOf, stringOf, tokens } from "./lexer.ts";

const texts = (sql: string) => [...tokens(sql)].map((token) => token.text);

test("comments of all kinds are skipped, nested ones too", () => {
  expect(texts("a -- b\n c // d\n e # f\n #! g\n /* h /* i */ j */ k")).toEqual(["A", "C", "E", "K"]);
});

test("a hash without a blank, a lone slash and a minus are symbols", () => {
  expect(texts("#a / - b")).toEqual(["#", "A", "/", "-", "B"]);
});

test("quotes hide semicolons, brackets and comments", () => {
  const sql = `'a;''b\\';' "c;\\"" \`d;\`\`\` $t$ e; $t$ $$ f; $$`;
  expect([...tokens(sql)].map((token) => token.kind)).toEqual([
    "string",
    "quoted",
    "quoted",
    "string",
    "string",
  ]);
});

test("typographic quotes are quotes, as bytes of UTF-8", () => {
  const sql = Buffer.from("“a;b” ‘c;d’ ;").toString("latin1");
  expect([...tokens(sql)].map((token) => token.kind)).toEqual(["quoted", "string", "semicolon"]);
});

test("what is not closed is an error that reaches to the end", () => {
  for (const sql of ["'a; b", "`a; b", "/* a /* b */ ; c"])
    expect([...tokens(sql)].at(-1)).toMatchObject({ kind: "error", end: sql.length });
});

test("names are read with their escapes undone", () => {
  const names = [...tokens('`fi\\x6ce` "a""b" `c\\`d` plain')];
  const sql = '`fi\\x6ce` "a""b" `c\\`d` plain';
  expect(names.map((token) => nameOf(sql, token))).toEqual(["file", 'a"b', "c`d", "plain"]);
});

test("strings are read with their escapes undone, here-documents as they are", () => {
  expect([...tokens("'a\\'b''c' $x$ 'd' $x$")].map(stringOf)).toEqual(["a'b'c", " 'd' "]);
});

test("any text is lexed, and every token lies where it says", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary-ascii" }), (sql) => {
      let end = 0;
      for (const token of tokens(sql)) {
        expect(token.start).toBeGreaterThanOrEqual(end);
        expect(token.end).toBeGreaterThan(token.start);
        end = token.end;
      }
      expect(end).toBeLessThanOrEqual(sql.length);
    }),
  );
});

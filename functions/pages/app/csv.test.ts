import { expect, test } from "vitest";
import { encodeCsv } from "./csv.ts";

test("commas, quotes and lines stay within their cell", () => {
  const rows = [
    { name: 'a "b", c', text: "one\ntwo", count: -3, none: null },
    { name: "ü 👋", text: "", count: 0.5, none: null },
  ];
  expect(encodeCsv(rows)).toBe('name,text,count,none\r\n"a ""b"", c","one\ntwo",-3,\r\nü 👋,,0.5,\r\n');
});

test("a message is never a formula of the spreadsheet that opens it", () => {
  for (const text of ['=HYPERLINK("http://a")', "+1", "-1", "@SUM(A1)", "\tx"])
    expect(encodeCsv([{ text }]).split("\r\n")[1]).toMatch(/^"?'/);
});

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const readme = readFileSync(join(import.meta.dirname, "README.md"), "utf8");
const section = readme.slice(readme.indexOf("## Conformance"), readme.indexOf("### Chosen"));
const rows = section.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| Behaviour"));
const folders = [import.meta.dirname, join(import.meta.dirname, "../../events/envelope")];

/** `file` or `file.it`, followed by titles; a title may be cut with `…`. */
function testsOf(row: string): { file: string; title: string }[] {
  const cell = row.split("|").at(-2) ?? "";
  return [...cell.matchAll(/`([^`]+)`((?:,? "[^"]+")+)/g)].flatMap(([, file = "", titles = ""]) =>
    [...titles.matchAll(/"([^"]+)"/g)].map(([, title = ""]) => ({ file, title })),
  );
}

test("there is a row for each behaviour, and no row without a test", () => {
  expect(rows.length).toBeGreaterThan(30);
  expect(rows.filter((row) => testsOf(row).length === 0)).toEqual([]);
});

test("every test that the conformance table names is there", () => {
  const missing = rows.flatMap(testsOf).filter(({ file, title }) => {
    const name = file.endsWith(".test.ts") ? file : `${file}.test.ts`;
    const path = folders.map((folder) => join(folder, name)).find(existsSync);
    const begins = `"${title}"`.replace('…"', "");
    return path === undefined || !readFileSync(path, "utf8").includes(begins);
  });
  expect(missing).toEqual([]);
});

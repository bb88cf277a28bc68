import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readMigrations } from "./files.ts";

async function folder(files: Record<string, string>): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "migrations-"));
  onTestFinished(() => rm(path, { recursive: true }));
  await Promise.all(Object.entries(files).map(([name, sql]) => writeFile(join(path, name), sql)));
  return path;
}

test("the project's own migrations are numbered 1, 2, 3 …", async () => {
  const migrations = await readMigrations(new URL("../../sql", import.meta.url).pathname);
  expect(migrations.length).toBeGreaterThan(0);
});

test("a hash follows from the text, not from the line ends of a checkout", async () => {
  const [unix] = await readMigrations(await folder({ "0001_a.sql": "SELECT 1;\nSELECT 2;\n" }));
  const [windows] = await readMigrations(await folder({ "0001_a.sql": "SELECT 1;\r\nSELECT 2;\r\n" }));
  const [other] = await readMigrations(await folder({ "0001_a.sql": "SELECT 1;\nSELECT 3;\n" }));
  expect(windows?.sha256).toBe(unix?.sha256);
  expect(other?.sha256).not.toBe(unix?.sha256);
});

test.each([
  ["a gap", { "0001_a.sql": "", "0003_b.sql": "" }, /0003_b.sql: expected number 2/],
  ["a repeat", { "0001_a.sql": "", "0001_b.sql": "" }, /0001_b.sql: expected number 2/],
  ["a name of another form", { "1-a.sql": "" }, /1-a.sql: a migration is named/],
])("%s in the numbers is refused, and the file named", async (_what, files, message) => {
  await expect(readMigrations(await folder(files as Record<string, string>))).rejects.toThrow(message);
});

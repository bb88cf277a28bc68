import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

/** A file that is made, or a place in one that is there: `insert` goes before the first `before`. */
export type Change = { create: string; text: string } | { edit: string; before: string; insert: string };

/**
 * Makes the changes in the project at `root`, all or none, then orders imports and formats as `npm run check` wants it.
 * @throws Error, before anything is changed, when a file is there already or a place is not.
 */
export async function applyChanges(root: string, changes: Change[]): Promise<string[]> {
  const contents = new Map<string, string>();
  for (const change of changes) {
    const path = "create" in change ? change.create : change.edit;
    if ("create" in change) {
      if (existsSync(join(root, path))) throw new Error(`${path} is there already; nothing was changed.`);
      contents.set(path, change.text);
      continue;
    }
    const text = contents.get(path) ?? (await readFile(join(root, path), "utf8"));
    const at = text.indexOf(change.before);
    if (at < 0)
      throw new Error(
        `${path} has no ${JSON.stringify(change.before.trim())} to write before; nothing was changed.`,
      );
    contents.set(path, text.slice(0, at) + change.insert + text.slice(at));
  }
  for (const [path, text] of contents) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  const paths = [...contents.keys()];
  const biome = join(root, "node_modules/.bin/biome");
  const args = [
    "check",
    "--write",
    "--config-path=infra/lint.json",
    ...paths.filter((path) => path.endsWith(".ts")),
  ];
  await promisify(execFile)(biome, args, { cwd: root });
  return paths;
}

/** The number that follows the last migration. */
export async function nextMigration(root: string): Promise<number> {
  const numbers = (await readdir(join(root, "sql"))).map((name) =>
    Number(/^(\d{4})_.*\.sql$/.exec(name)?.[1] ?? 0),
  );
  return Math.max(0, ...numbers) + 1;
}

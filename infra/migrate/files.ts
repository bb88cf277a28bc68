import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** One file of `sql/`, as it is on disk. */
export interface Migration {
  number: number;
  /** `0002_create_user_messages`. */
  name: string;
  sql: string;
  /** SHA-256 of the file with Unix line ends, in hex: a checkout on Windows hashes alike. */
  sha256: string;
}

/** @throws Error when a name does not fit `NNNN_verb_object.sql`, or numbers are not 1, 2, 3 … each once. */
export async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  const migrations = await Promise.all(names.map((name) => readMigration(folder, name)));
  for (const [index, { number, name }] of migrations.entries()) {
    if (number !== index + 1) {
      throw new Error(
        `sql/${name}.sql: expected number ${index + 1}; numbers go 1, 2, 3 … without gap or repeat`,
      );
    }
  }
  return migrations;
}

async function readMigration(folder: string, file: string): Promise<Migration> {
  const match = /^((\d{4})_[a-z0-9_]+)\.sql$/.exec(file);
  if (!match) throw new Error(`sql/${file}: a migration is named NNNN_verb_object.sql, in lower snake case`);
  const sql = (await readFile(join(folder, file), "utf8")).replaceAll("\r\n", "\n");
  return {
    number: Number(match[2]),
    name: match[1] as string,
    sql,
    sha256: createHash("sha256").update(sql).digest("hex"),
  };
}

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { JsonSchema } from "./compare.ts";
import { schemaFolder } from "./schemas.ts";

/** The schemas a branch has committed, by path. */
export interface Published {
  /** `origin/main`, `main`. */
  branch: string;
  schemas: Map<string, JsonSchema>;
}

/** What everybody works with already. Undefined where this clone has neither branch (a shallow one), or there is no git. */
export async function readPublished(root: string): Promise<Published | undefined> {
  const git = async (...args: string[]) =>
    (await promisify(execFile)("git", args, { cwd: root, maxBuffer: 64 * 2 ** 20 })).stdout;
  for (const branch of ["origin/main", "main"]) {
    const tree = `${branch}^{tree}`;
    const listed = await git("ls-tree", "--name-only", tree, `${schemaFolder}/`).catch(() => undefined);
    if (listed === undefined) continue;
    const files = listed.split("\n").filter((file) => file.endsWith(".json"));
    const texts = files.map(
      async (file) => [file, JSON.parse(await git("show", `${branch}:${file}`))] as const,
    );
    return { branch, schemas: new Map(await Promise.all(texts)) };
  }
  return undefined;
}

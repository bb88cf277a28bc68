import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as z from "zod";

const shape = z.object({
  repo: z.string(),
  branch: z.string(),
  /** Of the description of the repository. */
  etag: z.string().optional(),
  /** All history up to this commit is in Kafka. */
  done: z.string().optional(),
  /** What is being sent: from `head` back to `done`. */
  walk: z
    .object({
      head: z.string(),
      /** The page it is at, and how many of its commits are in Kafka. */
      path: z.string(),
      sent: z.int().min(0),
    })
    .optional(),
});

/** How far the commits of one branch have been sent. */
export type Cursor = z.output<typeof shape>;

export interface CursorFile {
  path: string;
  read(): Cursor | undefined;
  /** The whole file or nothing. */
  write(cursor: Cursor): void;
  remove(): void;
}

/** One for a branch at an address; without a branch, for whichever is the default one. */
export function openCursor(home: string, api: string, repo: string, branch = ""): CursorFile {
  const name = [new URL(api).host, repo.toLowerCase(), branch].map(encodeURIComponent).join(" ");
  const path = join(home, "github", `${name.trim()}.json`);
  return {
    path,
    read() {
      let text: string;
      try {
        text = readFileSync(path, "utf8");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
      try {
        return shape.parse(JSON.parse(text));
      } catch (cause) {
        throw new Error(`${path} is no cursor: \`--restart\` sends from the beginning.`, { cause });
      }
    },
    write(cursor) {
      mkdirSync(dirname(path), { recursive: true });
      const partial = `${path}.${process.pid}.partial`;
      writeFileSync(partial, JSON.stringify(cursor));
      renameSync(partial, path);
    },
    remove: () => rmSync(path, { force: true }),
  };
}

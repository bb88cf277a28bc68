import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Queued } from "./event.ts";
import type { Spool } from "./spool.ts";

/** A file of one event a line, for programs on Node. It is replaced as a whole: a crash leaves the old one or the new one. */
export function fileSpool(path: string): Spool {
  return {
    async load() {
      const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return "";
        throw error;
      });
      return text.split("\n").filter(Boolean).map(readLine);
    },
    async save(events) {
      if (events.length === 0) return rm(path, { force: true });
      await mkdir(dirname(path), { recursive: true });
      await writeFile(`${path}.next`, `${events.map(({ text }) => text).join("\n")}\n`, { mode: 0o600 });
      await rename(`${path}.next`, path);
    },
  };
}

/** A line is an event as it is sent. */
const readLine = (text: string): Queued => ({
  id: (JSON.parse(text) as { id: string }).id,
  text,
  bytes: Buffer.byteLength(text),
});

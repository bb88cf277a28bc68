import { execFile } from "node:child_process";
import { open, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A small disk of its own, so that it can be filled without harm to anything else. */
export interface Disk {
  fill(): Promise<void>;
  empty(): Promise<void>;
  unmount(): Promise<void>;
}

/** Mounts a disk in memory on a folder; `undefined` where we may not (only root may). */
export async function mountDisk(folder: string, megabytes: number): Promise<Disk | undefined> {
  try {
    await run("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder]);
  } catch {
    return undefined;
  }
  const ballast = join(folder, "ballast");
  return {
    async fill() {
      const { bavail, bsize } = await statfs(folder);
      const file = await open(ballast, "w");
      const chunk = Buffer.alloc(1 << 20);
      try {
        for (let left = bavail * bsize; left > 0; left -= chunk.length) await file.write(chunk);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      } finally {
        await file.close();
      }
    },
    empty: () => rm(ballast, { force: true }),
    // Lazily: a killed server's files may be open a moment longer.
    unmount: async () => void (await run("umount", ["-l", folder])),
  };
}

import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
const batch = 32;

/** Named pipes through which results leave the engine: `… INTO OUTFILE '<pipe>'` streams every format as one document. */
export class Pipes {
  readonly #directory: string;
  readonly #free: string[] = [];
  #made = 0;
  constructor(directory: string) {
    this.#directory = directory;
  }

  take(): string {
    if (this.#free.length === 0) {
      const fresh = Array.from({ length: batch }, () => join(this.#directory, `pipe-${++this.#made}`));
      execFileSync("mkfifo", ["-m", "600", ...fresh]);
      this.#free.push(...fresh);
    }
    return this.#free.pop() ?? "";
  }

  give(path: string): void {
    this.#free.push(path);
  }
}

/** Opens the reading end without waiting for a writer. */
export const readPipe = (path: string): Socket =>
  new Socket({ fd: openSync(path, O_RDONLY | O_NONBLOCK), readable: true, writable: false });

/** Ends a pipe whose writer never came: the reader sees the end once all that was written is read. */
export function endPipe(path: string): void {
  try {
    closeSync(openSync(path, O_WRONLY | O_NONBLOCK));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENXIO") throw error;
  }
}

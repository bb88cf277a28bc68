import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
const batch = 32;

/** A named pipe, held open for reading: what the engine writes waits in it, up to 64 KiB. */
export interface Pipe {
  readonly path: string;
  readonly end: number;
}

const open = (path: string, mode: number) => openSync(path, mode | O_NONBLOCK);

/** Named pipes through which results leave the engine: `… INTO OUTFILE '<pipe>'` streams every format as one document. */
export class Pipes {
  readonly #directory: string;
  readonly #free: Pipe[] = [];
  #made = 0;
  constructor(directory: string) {
    this.#directory = directory;
  }

  take(): Pipe {
    if (this.#free.length === 0) {
      const fresh = Array.from({ length: batch }, () => join(this.#directory, `pipe-${++this.#made}`));
      execFileSync("mkfifo", ["-m", "600", ...fresh]);
      this.#free.push(...fresh.map((path) => ({ path, end: open(path, O_RDONLY) })));
    }
    return this.#free.pop() as Pipe;
  }

  /** What a broken answer left in it is dropped. */
  give(pipe: Pipe): void {
    readRest(pipe);
    this.#free.push(pipe);
  }
}

const taken = Buffer.allocUnsafeSlow(64 * 1024);

/** All that lies in a pipe whose writer has gone. */
export function readRest({ end }: Pipe): Buffer {
  const chunks: Buffer[] = [];
  for (let size = readSync(end, taken); size > 0; size = readSync(end, taken))
    chunks.push(Buffer.from(taken.subarray(0, size)));
  return Buffer.concat(chunks);
}

/** A stream of what comes through a pipe until `endPipe`. */
export const readPipe = ({ path }: Pipe): Socket =>
  new Socket({ fd: open(path, O_RDONLY), readable: true, writable: false });

/** Its readers see the end once all that was written is read, also when no writer ever came. */
export const endPipe = ({ path }: Pipe): void => closeSync(open(path, O_WRONLY));

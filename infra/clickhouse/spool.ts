import { closeSync, openSync, rmSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

const inMemory = 8 * 1024 * 1024;
const smallest = 1024 * 1024;

/**
 * The data of one INSERT, on its way to a file the engine reads. The engine sees it only when all of it has arrived: a body
 * cut short inserts nothing. (A pipe would be no faster, measured, and would have shown the engine a part of it.)
 */
export class Spool {
  readonly path: string;
  size = 0;
  #held: Buffer[] = [];
  #file: FileHandle | undefined;
  constructor(path: string) {
    this.path = path;
  }

  async write(chunk: Buffer): Promise<void> {
    this.size += chunk.length;
    if (this.#file) await this.#file.writeFile(chunk);
    else this.#held.push(chunk);
    if (this.#file || this.size < inMemory) return;
    this.#file = await open(this.path, "wx", 0o600);
    await this.#file.writeFile(Buffer.concat(this.#held));
    this.#held = [];
  }

  /** All data is in the file afterwards. */
  async finish(): Promise<void> {
    if (this.#file) await this.#file.close();
    else this.#writeHeld();
    this.#file = undefined;
    if (this.size > smallest) this.#held = [];
  }

  /** Piece by piece: joined they would be the same memory once more, and the garbage of it costs more than these writes. */
  #writeHeld(): void {
    const file = openSync(this.path, "wx", 0o600);
    try {
      for (const chunk of this.#held) writeFileSync(file, chunk);
    } finally {
      closeSync(file);
    }
  }

  /** The data itself, when it is at most 1 MiB. */
  get small(): Buffer | undefined {
    return this.size > smallest ? undefined : Buffer.concat(this.#held);
  }

  async drop(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
    rmSync(this.path, { force: true });
  }
}

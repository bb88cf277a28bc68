import { rmSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

const inMemory = 8 * 1024 * 1024;

/**
 * The data of one INSERT, on its way to a file the engine reads. The engine sees it only when all of it has arrived: a body
 * cut short inserts nothing. (A pipe would be no faster, measured, and would have shown the engine a part of it.)
 */
export class Spool {
  readonly path: string;
  size = 0;
  #held: Buffer[] = [];
  #file: FileHandle | undefined;
  /** The data itself, when it is at most 1 MiB. */
  small: Buffer | undefined;
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
    const held = Buffer.concat(this.#held);
    if (this.#file) await this.#file.close();
    else writeFileSync(this.path, held, { flag: "wx", mode: 0o600 });
    if (this.size <= 1024 * 1024) this.small = held;
    this.#file = undefined;
    this.#held = [];
  }

  async drop(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
    rmSync(this.path, { force: true });
  }
}

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Saves each invoked event as a file of its own: `sls invoke local -f <function> -p <file>` feeds one back. */
export class Capture {
  readonly #folder: string;
  #count = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Named by function, time and number, so that a listing shows them in the order of their invocations. */
  async save(functionKey: string, event: unknown): Promise<void> {
    this.#count += 1;
    const time = new Date().toISOString().replaceAll(":", "-");
    await mkdir(this.#folder, { recursive: true });
    await writeFile(join(this.#folder, `${functionKey}.${time}.${this.#count}.json`), JSON.stringify(event));
  }
}

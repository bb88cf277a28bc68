import { createHash, randomUUID } from "node:crypto";
import { constants, existsSync, realpathSync, statSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isAllowed } from "./programs.ts";

/**
 * Classes as a JVM has them in memory after it loaded them: another one of the same Java and classpath maps the file instead of reading
 * and verifying them again, and goes on without where it cannot. A start takes a quarter less processor time.
 * https://docs.oracle.com/en/java/javase/17/vm/class-data-sharing.html
 */
export class SharedClasses {
  readonly #file: string;

  /** @param folder the jars; the file is kept there, for every SLUICE_HOME. */
  constructor(java: string, folder: string) {
    const program = realpathSync(java);
    const version = createHash("sha256")
      .update(`${program} ${statSync(program).mtimeMs}`)
      .digest("hex");
    this.#file = join(folder, `classes-${version.slice(0, 12)}.jsa`);
  }

  /** Options of a JVM that uses the file, if there is one. */
  get options(): string[] {
    return existsSync(this.#file) ? [`-XX:SharedArchiveFile=${this.#file}`] : [];
  }

  /** Runs a JVM to its end, which writes the file where there is none yet: whole, or not at all. */
  async keepThoseOf(run: (options: string[]) => Promise<void>): Promise<void> {
    if (existsSync(this.#file) || !isAllowed(dirname(this.#file), constants.W_OK))
      return await run(this.options);
    const partial = `${this.#file}.${randomUUID()}`;
    try {
      await run([`-XX:ArchiveClassesAtExit=${partial}`, "-Xlog:cds=off", "-Xlog:cds+dynamic=off"]);
      await rename(partial, this.#file).catch(() => {}); // A JVM that kept nothing did its work all the same.
    } finally {
      await rm(partial, { force: true });
    }
  }
}

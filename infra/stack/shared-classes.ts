import { createHash, randomUUID } from "node:crypto";
import { accessSync, constants, existsSync, realpathSync, statSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";

/**
 * Classes as a JVM has them in memory after it loaded them: another one of the same Java and classpath maps the file instead of reading
 * and verifying them again, and goes on without where it cannot. It halves the processor time of a start.
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
    if (existsSync(this.#file) || !isWritable(join(this.#file, ".."))) return await run(this.options);
    const partial = `${this.#file}.${randomUUID()}`;
    await run([`-XX:ArchiveClassesAtExit=${partial}`, "-Xlog:cds=off", "-Xlog:cds+dynamic=off"]);
    await rename(partial, this.#file).catch(() => {});
  }
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

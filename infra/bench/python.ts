import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { BenchOptions } from "./bench.ts";
import { openFolder } from "./services.ts";

const run = promisify(execFile);

/** Python with a peer's packages, in a folder of its own; `undefined`, and said so, where that cannot be had. */
export async function openPython(options: BenchOptions, ...packages: string[]): Promise<string | undefined> {
  const folder = await openFolder(options);
  const python = join(folder, "bin/python");
  const names = packages.map((name) => name.replace(/==.*/, "")).join(" and ");
  try {
    options.progress(`installing ${names} for the peer`);
    await run("python3", ["-m", "venv", folder]);
    await run(python, ["-m", "pip", "install", "--quiet", ...packages]);
    return python;
  } catch (error) {
    const [reason] = (error as Error).message.split("\n");
    options.progress(`left out: ${names}, which needs python3 with venv and pip (${reason})`);
    return undefined;
  }
}

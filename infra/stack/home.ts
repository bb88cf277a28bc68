import { accessSync, constants, mkdirSync } from "node:fs";
import type { Settings } from "../settings.ts";

/** Makes the folder of data, logs and records. @throws when it cannot be written to, naming the variable. */
export function requireHome({ home }: Settings): void {
  try {
    mkdirSync(home, { recursive: true });
    accessSync(home, constants.W_OK);
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code;
    throw new Error(`${home} cannot be written to (${why}): set SLUICE_HOME to a folder that can`, { cause });
  }
}

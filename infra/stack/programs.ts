import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The first executable of that name on the PATH, or in one of the further folders. */
export function findProgram(name: string, folders: string[] = []): string | undefined {
  const path = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  return [...folders, ...path]
    .map((folder) => join(folder, name))
    .find((file) => isAllowed(file, constants.X_OK));
}

/** @param mode one of `constants` of `node:fs`. */
export function isAllowed(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

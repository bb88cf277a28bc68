import { type FSWatcher, readdirSync, watch } from "node:fs";
import { join } from "node:path";

/**
 * Tells when code under a folder changes; packages and hidden folders are left out. Several changes at once are told as
 * one. Returns the way to stop.
 */
export function watchCode(folder: string, changed: () => void): () => void {
  const watchers = new Map<string, FSWatcher>();
  let soon: NodeJS.Timeout | undefined;

  const add = (directory: string) => {
    if (watchers.has(directory)) return;
    try {
      const watcher = watch(directory, (_, name) => {
        if (name === null) return;
        if (isCode.test(name)) {
          clearTimeout(soon);
          soon = setTimeout(changed, settleTime);
        } else if (!isLeftOut(name)) add(join(directory, name));
      });
      watchers.set(directory, watcher);
      // A folder that goes away takes its watcher with it.
      watcher.on("error", () => remove(directory)).unref();
      for (const entry of readdirSync(directory, { withFileTypes: true })) {
        if (entry.isDirectory() && !isLeftOut(entry.name)) add(join(directory, entry.name));
      }
    } catch {
      // No folder, or none any more.
      remove(directory);
    }
  };

  const remove = (directory: string) => {
    watchers.get(directory)?.close();
    watchers.delete(directory);
  };

  add(folder);
  return () => {
    clearTimeout(soon);
    for (const directory of [...watchers.keys()]) remove(directory);
  };
}

/** Editors write a file in several steps. */
const settleTime = 50;

const isCode = /\.(?:[cm]?[jt]sx?|json)$/;

const isLeftOut = (name: string) => name === "node_modules" || name.startsWith(".");

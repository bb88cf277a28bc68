import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Settings } from "../settings.ts";

export const logFile = (settings: Settings, name: string) => join(settings.home, "logs", `${name}.log`);

/** Past this a log is set aside at the next start, in place of the one set aside before. */
const limit = 10 * 1024 * 1024;

/** How Maven and apt mark what went wrong, amid much else. */
const isError = /^(\[ERROR\]|E:) \S/;

const size = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** Opens a log to append to; the caller closes the descriptor. */
export function openLog(settings: Settings, name: string): number {
  const file = logFile(settings, name);
  mkdirSync(join(settings.home, "logs"), { recursive: true });
  if (size(file) > limit) renameSync(file, `${file}.1`);
  return openSync(file, "a");
}

/** What a log receives from now on. */
export function readLog(settings: Settings, name: string) {
  const file = logFile(settings, name);
  closeSync(openLog(settings, name));
  const from = size(file);
  const text = () => readFileSync(file).subarray(from).toString();
  /** Where the log is and what went wrong by it, or how it ends, for an error message. */
  const tail = () => {
    const lines = text().trimEnd().split("\n");
    const errors = lines.filter((line) => isError.test(line)).slice(0, 3);
    if (errors.length > 0) return `${file} says:\n${errors.join("\n")}`;
    return lines[0] ? `${file} ends with:\n${lines.slice(-5).join("\n")}` : `it printed nothing (${file})`;
  };
  return { text, tail };
}

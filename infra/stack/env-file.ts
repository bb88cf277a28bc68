import { randomBytes } from "node:crypto";
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Settings } from "../settings.ts";
import { isGiven } from "./obtain.ts";
import type { Service } from "./service.ts";

const emptyAssignment = /^([A-Z][A-Z0-9_]*)=[ \t]*$/gm;

/**
 * Writes `.env` from its example unless it is there: mode 0600, the whole file or nothing. Every empty secret gets the value
 * the environment has, else a random one; nothing is written when the environment has them all.
 * @returns whether it was written.
 */
export function writeEnvFile(path: string, example: string, env: NodeJS.ProcessEnv): boolean {
  const template = readFileSync(example, "utf8");
  const isGiven = (name: string) => env[name] !== undefined && env[name] !== "";
  const open = [...template.matchAll(emptyAssignment)].map(([, name]) => name ?? "");
  if (existsSync(path) || open.every(isGiven)) return false;

  const text = template.replace(
    emptyAssignment,
    (_, name) => `${name}=${isGiven(name) ? quote(env[name] ?? "") : secret()}`,
  );
  const partial = `${path}.${process.pid}.partial`;
  try {
    writeFileSync(partial, text, { mode: 0o600 });
    linkSync(partial, path); // Unlike a rename, this never replaces a file that came to be meanwhile.
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(partial, { force: true });
  }
}

/** The first character is a letter: a value that starts with a dash would be read as an option. */
const secret = () => `s${randomBytes(24).toString("base64url")}`;

/** In the quotes that the value does not hold; `.env` knows no escapes. */
const quote = (value: string) => {
  const mark = ["", "'", "`", '"'].find((one) =>
    one === "" ? /^[\w.~-]*$/.test(value) : !value.includes(one),
  );
  return `${mark ?? ""}${value}${mark ?? ""}`;
};

/** The secrets that these services need and that neither the environment nor `.env` has. */
export function missingSecrets(settings: Settings, services: readonly Service[]): string[] {
  const needed = services.flatMap((service) => (isGiven(service, settings) ? [] : service.secrets));
  return [...new Set(needed)].filter((name) => settings[name] === "");
}

/**
 * Completes package-lock.json after `npm install`: npm leaves out optional packages of other platforms that its registry
 * does not serve, and `npm ci` then refuses the lock. Each missing one gets an entry without an address, as npm itself
 * writes for a package it skips. Run as `npm run lock` after every change of dependencies.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "./settings.ts";

interface Entry {
  version?: string;
  optional?: boolean;
  optionalDependencies?: Record<string, string>;
  [key: string]: unknown;
}

const path = join(projectRoot, "package-lock.json");
const lock = JSON.parse(readFileSync(path, "utf8")) as { packages: Record<string, Entry> };

const known = new Set(Object.keys(lock.packages).map((location) => location.split("node_modules/").at(-1)));
const added: string[] = [];

for (const { optionalDependencies = {} } of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (known.has(name) || !/^\d/.test(version)) continue;
    lock.packages[`node_modules/${name}`] = { version, optional: true, ...platform(name) };
    known.add(name);
    added.push(name);
  }
}

/** `os` and `cpu` as such packages declare them, read off the name: `…-darwin-arm64`, `…-linux-x64-musl`. */
function platform(name: string): Partial<Record<"os" | "cpu" | "libc", string[]>> {
  const words = name.split(/[-/]/);
  const find = (values: string[]) => values.filter((value) => words.includes(value));
  const os = find(["darwin", "linux", "win32", "freebsd", "android", "openbsd", "netbsd", "sunos", "aix"]);
  const cpu = find(["x64", "arm64", "arm", "ia32", "ppc64", "riscv64", "s390x", "loong64"]);
  const libc = words.includes("musl") ? ["musl"] : [];
  return { ...(os.length > 0 && { os }), ...(cpu.length > 0 && { cpu }), ...(libc.length > 0 && { libc }) };
}

const sorted = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, "en")));
writeFileSync(path, `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`);
console.log(added.length === 0 ? "The lock was complete." : `Added ${added.join(", ")}`);

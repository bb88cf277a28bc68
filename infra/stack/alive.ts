import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** A process told apart from a later one that was given the same id. */
export type ProcessId = { pid: number; startedAt: string };

const linux = process.platform === "linux";

/** When the process began, in the kernel's own terms; nothing when there is none, or only its exit code is left. */
export function startedAt(pid: number): string | undefined {
  try {
    if (!linux)
      return (
        execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || undefined
      );
    // proc(5): the name may hold spaces and parentheses, so count from the last one: state is field 3, starttime 22.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

export const isAlive = ({ pid, startedAt: began }: ProcessId) => startedAt(pid) === began;

/**
 * Every process whose environment has all of these values. What a service starts inherits them, so this finds what a lost
 * process id leaves behind. Linux only: elsewhere an environment cannot be read, and process ids and groups must do.
 */
export function findByEnvironment(values: Record<string, string>): number[] {
  if (!linux) return [];
  const wanted = Object.entries(values).map(([name, value]) => `${name}=${value}`);
  const has = (pid: string) => {
    try {
      const environment = new Set(readFileSync(`/proc/${pid}/environ`, "utf8").split("\0"));
      return wanted.every((entry) => environment.has(entry)) && startedAt(Number(pid)) !== undefined;
    } catch {
      return false;
    }
  };
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && has(name))
    .map(Number);
}

import { appendFileSync, existsSync, globSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";

/**
 * The engine writes an INSERT's deduplication token into its log before it gives the new part its name. Killed between the two,
 * it knows a token whose rows it does not have, and would drop the retry: the rows were lost. So before it opens its data, such
 * a token is taken back, as the engine itself does when a part is dropped. Only the last record of a table's log can be one:
 * the next is written after the name is given. (Replicated tables do both in one step.)
 * Format of a record: operation (1 added, 2 dropped), part, token, between tabs.
 * @param disks folders that hold a `store` each. Nothing may have them open.
 * @returns the parts whose tokens were taken back.
 */
export function forgetLostParts(disks: readonly string[]): string[] {
  const [main] = disks;
  if (main === undefined) return [];
  const logs = globSync("store/*/*/deduplication_logs/deduplication_log_*.txt", { cwd: main });
  const byTable = Map.groupBy(logs, (log) => join(log, "../.."));
  return [...byTable].flatMap(([table, files]) => {
    // A log that was only just begun is empty.
    const newest = files.sort((a, b) => numberOf(b) - numberOf(a)).map((log) => join(main, log));
    const file = newest.find((log) => statSync(log).size > 0);
    if (file === undefined) return [];
    const last = readFileSync(file, "utf8").trimEnd().split("\n").at(-1) ?? "";
    const [operation, part = "", token] = last.split("\t");
    if (operation !== "1" || token === undefined) return [];
    if (disks.some((disk) => holdsPart(join(disk, table), part))) return [];
    appendFileSync(file, `2\t${part}\t${token}\n`);
    return [join(table, part)];
  });
}

const numberOf = (log: string): number => Number(/\d+(?=\.txt$)/.exec(basename(log))?.[0]);

/** Whether a table's folder has this part, or one that it was merged or mutated into. */
function holdsPart(folder: string, part: string): boolean {
  // Level 1: an INSERT into a table that sums, replaces or aggregates merges its own rows first (`optimize_on_insert`).
  const [, partition = "", number] = /^(.+)_(\d+)_\2_[01]$/.exec(part) ?? [];
  if (number === undefined) return true; // Not a part that an INSERT made.
  if (!existsSync(folder)) return false;
  return readdirSync(folder).some((name) => {
    if (!name.startsWith(`${partition}_`)) return false;
    const [, min, max] = /^(\d+)_(\d+)_\d+(?:_\d+)?$/.exec(name.slice(partition.length + 1)) ?? [];
    return Number(min) <= Number(number) && Number(number) <= Number(max);
  });
}

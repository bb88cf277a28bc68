import { log } from "../log.ts";
import type { Store } from "../store.ts";
import { StoreError } from "../store-error.ts";
import { isReplicated, type Reached, readViewTree } from "./view-tree.ts";

/** What keeps a row from counting once, and the statement or step that mends it. */
export interface Problem {
  /** `refuse`: the table itself would be wrong. `warn`: a view would be, after a retry. */
  severity: "refuse" | "warn";
  what: string;
  mend: string;
}

export interface Health {
  table: string;
  version: string;
  reached: Reached[];
  problems: Problem[];
}

/** Views are deduplicated by the token since then (ClickHouse PR 61601). */
const leastVersion = [24, 7];

/** Fewer than this is gone while a batch waits to be delivered again. */
const usualWindow = 10_000;
const smallWindow = 1000;

/**
 * Checks what writing once depends on: the server's version, the table's engine and deduplication window, and those of every
 * table a view of it leads to.
 * @param partitioned whether its writer splits batches by the table's partitions; left out where nobody knows.
 */
export async function checkTable(store: Store, table: string, partitioned?: boolean): Promise<Health> {
  const [reached, [server]] = await Promise.all([
    readViewTree(store, table),
    store.select<{ version: string }>("SELECT version() AS version", {}),
  ]);
  const version = server?.version ?? "";
  return { table, version, reached, problems: findProblems(table, version, reached, partitioned) };
}

/** The checks, of what the server said. */
export function findProblems(
  table: string,
  version: string,
  [own, ...targets]: Reached[],
  partitioned?: boolean,
): Problem[] {
  if (own === undefined)
    return [{ severity: "refuse", what: `there is no table ${table}`, mend: "npx sluice migrate" }];
  const problems = [...checkVersion(version, targets.length > 0), ...checkWindow(own)];
  if (/(Replacing|Summing|Aggregating|Collapsing|Coalescing)/.test(own.engine))
    problems.push({
      severity: "warn",
      what: `${own.name} is a ${own.engine}: merges drop rows, so the views of a batch cannot be completed from it`,
      mend: "write into a MergeTree, and let a view feed this table",
    });
  if (own.partitionKey !== "" && partitioned === false)
    problems.push({
      severity: "refuse",
      what: `${own.name} is partitioned by ${own.partitionKey}, and its writer does not split batches so: a crash could leave half a batch`,
      mend: "give the consumer's table `partition`, as functions/store-shadow does",
    });
  return [...problems, ...targets.flatMap(checkWindow)];
}

function checkVersion(version: string, hasViews: boolean): Problem[] {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [leastMajor = 0, leastMinor = 0] = leastVersion;
  if (!hasViews || major > leastMajor || (major === leastMajor && minor >= leastMinor)) return [];
  const what = `ClickHouse ${version} does not deduplicate into views by token: ${leastVersion.join(".")} is the first that does`;
  return [{ severity: "refuse", what, mend: "upgrade ClickHouse" }];
}

function checkWindow({ name, engine, view, window }: Reached): Problem[] {
  // A Null table keeps nothing itself; what comes behind it is checked on its own.
  if (engine === "Null" && view !== undefined) return [];
  const severity = view === undefined ? "refuse" : "warn";
  const via = view === undefined ? name : `${name} (fed by ${view})`;
  if (!engine.endsWith("MergeTree"))
    return [
      {
        severity,
        what: `${via} is a ${engine}: it cannot tell a retry`,
        mend: `make ${name} a MergeTree of some kind`,
      },
    ];
  const setting = isReplicated(engine)
    ? "replicated_deduplication_window"
    : "non_replicated_deduplication_window";
  const mend = `ALTER TABLE ${quote(name)} MODIFY SETTING ${setting} = ${usualWindow}`;
  if (window === 0)
    return [{ severity, what: `${via} has no deduplication window: a retry counts twice`, mend }];
  if (window < smallWindow)
    return [{ severity: "warn", what: `${via} remembers only its last ${window} parts`, mend }];
  return [];
}

const quote = (name: string): string =>
  name.replace(/^([^.]*)\.(.*)$/s, (_, database, table) =>
    [database, table].map((one) => (/^\w+$/.test(one) ? one : `\`${one}\``)).join("."),
  );

/**
 * The check as a function makes it: once in an execution environment, beside its first batch.
 * @returns what to wait for before anything is written. It rejects when the table itself would be wrong.
 */
export function openPreflight(table: string, partitioned: boolean) {
  let checked: Promise<void> | undefined;
  return (store: Store): Promise<void> => {
    checked ??= checkTable(store, table, partitioned).then(({ problems }) => {
      for (const { severity, what, mend } of problems) {
        if (severity === "refuse") throw new StoreError(`${what} (${mend})`, false);
        log("warn", "views may count twice", { table, what, mend });
      }
    });
    checked.catch(() => {
      checked = undefined; // Mended, or the server back: the next invocation looks again.
    });
    return checked;
  };
}

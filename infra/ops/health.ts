import { openStore } from "../../functions/lib/store.ts";
import { checkTable, type Health } from "../../functions/lib/write-once/preflight.ts";
import { withAdmin } from "../admin.ts";
import type { Settings } from "../settings.ts";

export interface ServerHealth {
  healthy: boolean;
  version: string;
  tables: Health[];
}

/** Tables whose rows say which batch brought them: those that functions write. */
const writtenTables = `
  SELECT concat(database, '.', table) AS full_name FROM system.columns
  WHERE database NOT IN ('system', 'information_schema', 'INFORMATION_SCHEMA') AND name IN ('_batch', '_batch_rows')
  GROUP BY database, table HAVING count() = 2 ORDER BY full_name`;

/** Checks every table that functions write, and every view behind it, as functions do at their cold start. */
export const checkHealth = (settings: Settings): Promise<ServerHealth> =>
  withAdmin(settings, { application: "sluice-health" }, async (client) => {
    const store = openStore(client);
    const [server] = await store.select<{ version: string }>("SELECT version() AS version", {});
    const names = await store.select<{ full_name: string }>(writtenTables, {});
    const tables = await Promise.all(names.map(({ full_name }) => checkTable(store, full_name)));
    const healthy = tables.every(({ problems }) => problems.length === 0);
    return { healthy, version: server?.version ?? "", tables };
  });

/** What it found, and what mends it, one statement a line. */
export function renderHealth({ version, tables }: ServerHealth): string {
  const lines = tables.flatMap(({ table, reached, problems }) => {
    const views = reached.length - 1;
    const state = problems.length === 0 ? "ok" : "WRONG";
    const behind = views > 0 ? `, ${views} ${views === 1 ? "view" : "views"} behind it` : "";
    return [
      `${state.padEnd(5)}  ${table}${behind}`,
      ...problems.flatMap(({ what, mend }) => [`       ${what}`, `       mend: ${mend}`]),
    ];
  });
  const none = "No table that functions write: npx sluice migrate makes them.";
  return [`ClickHouse ${version}`, ...(lines.length > 0 ? lines : [none]), ""].join("\n");
}

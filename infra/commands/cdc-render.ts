import type { CdcStatus } from "../cdc/status.ts";
import type { Verdict } from "../cdc/verify.ts";
import { renderTable } from "../terminal/table.ts";

export function renderCdcStatus({ connector, slot, tables }: CdcStatus): string {
  const lines = [
    `connector ${connector.name}: ${connector.state}${connector.trace ? `, ${connector.trace}` : ""}`,
  ];
  lines.push(
    slot
      ? `slot ${slot.name}: ${slot.active ? "read" : "not read by anybody"}, ${slot.wal_status}, ${(slot.lag_bytes / 1024).toFixed(1)} KiB behind`
      : "slot: there is none",
  );
  const columns = [
    "table",
    "view",
    "rows in Postgres (about)",
    "rows in ClickHouse",
    "changes behind",
    "rows",
  ];
  const rows = tables.map((one) => [
    one.table,
    one.view,
    one.rows_in_postgres,
    one.rows_in_clickhouse ?? "not set up",
    one.behind,
    one.being_read ? "being read" : "read",
  ]);
  return `${lines.join("\n")}\n\n${renderTable(columns, rows)}`;
}

/** So many keys are worth a look; --json has all. */
const shown = 20;

export const renderVerdicts = (verdicts: Verdict[]): string =>
  verdicts
    .map(({ table, view, rows, lsn, differences, unsettled }) => {
      const title = `${table} → ${view}: `;
      const lines = differences.slice(0, shown).map(({ key, what }) => `  ${key.join(", ")}: ${what}`);
      if (differences.length > shown)
        lines.push(`  … and ${differences.length - shown} more (--json has all)`);
      if (unsettled.length > 0)
        lines.push(`  ${unsettled.length} keys changed at every look, so nothing is said of them`);
      const verdict = differences.length === 0 ? `equal, ${rows} rows` : `${differences.length} keys differ`;
      return `${title}${verdict} (at LSN ${lsn})\n${lines.map((line) => `${line}\n`).join("")}`;
    })
    .join("");

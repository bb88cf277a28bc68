import { withAdmin } from "../admin.ts";
import type { Settings } from "../settings.ts";
import { type CdcConfig, topicOf } from "./config.ts";
import { openConnect } from "./connect-api.ts";
import { quoteTable, withPostgres } from "./postgres.ts";
import { countBehind, readEnds, readSlot, tablesBeingRead, withKafka } from "./progress.ts";
import { asCdc } from "./setup.ts";

/** How the capture stands. */
export interface CdcStatus {
  ok: boolean;
  connector: { name: string; state: string; trace?: string };
  /** Bytes of the log that Debezium has not confirmed; null when there is no slot. */
  slot: { name: string; active: boolean; wal_status: string; lag_bytes: number } | null;
  tables: {
    table: string;
    view: string;
    /** As Postgres' statistics have it. */
    rows_in_postgres: number;
    /** Null before `setup`. */
    rows_in_clickhouse: number | null;
    /** Changes in Kafka that are not applied. */
    behind: number;
    /** Debezium reads its rows at the moment: of a first snapshot, or beside the changes. */
    being_read: boolean;
  }[];
}

export const readCdcStatus = (settings: Settings, config: CdcConfig): Promise<CdcStatus> =>
  withPostgres(settings, (postgres) =>
    withKafka(settings, (admin) =>
      withAdmin(settings, asCdc, async (clickhouse) => {
        const connect = openConnect(settings);
        const [slot, status, offset] = await Promise.all([
          readSlot(postgres, config),
          connect.status(config.connector),
          connect.offset(config.connector),
        ]);
        const beingRead = tablesBeingRead(config, offset);
        const tables = [];
        for (const entry of config.tables) {
          const topic = topicOf(config, entry);
          const [row] = await postgres.query<{ rows: string }>(
            "SELECT n_live_tup::text AS rows FROM pg_stat_user_tables WHERE relid = to_regclass($1)",
            [quoteTable(entry.table)],
          );
          const rows = await clickhouse
            .query({ query: `SELECT count() AS rows FROM ${entry.as}`, format: "JSONEachRow" })
            .then((result) => result.json<{ rows: string }>())
            .catch(() => []);
          tables.push({
            table: entry.table,
            view: entry.as,
            rows_in_postgres: Number(row?.rows ?? 0),
            rows_in_clickhouse: rows[0] ? Number(rows[0].rows) : null,
            behind: Number(await countBehind(admin, topic, await readEnds(admin, topic))),
            being_read: beingRead.includes(entry.table),
          });
        }
        const connector = {
          name: config.connector,
          ...(status ?? { state: "not there: npx sluice cdc setup" }),
        };
        return {
          ok: connector.state === "RUNNING" && slot !== undefined && slot.walStatus !== "lost",
          connector,
          slot: slot
            ? {
                name: config.slot,
                active: slot.active,
                wal_status: slot.walStatus,
                lag_bytes: Number(slot.current - slot.confirmed),
              }
            : null,
          tables,
        };
      }),
    ),
  );

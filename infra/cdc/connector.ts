import type { Settings } from "../settings.ts";
import type { SourceTable } from "./catalogue.ts";
import type { CdcConfig } from "./config.ts";
import type { ConnectorConfig } from "./connect-api.ts";
import { heartbeatTable, replicationUser, signalTable } from "./source.ts";

/** The connector's class, as Connect's list of plugins has it. */
export const connectorClass = "io.debezium.connector.postgresql.PostgresConnector";

/** Where the function reads the LSN from before the snapshot (functions/apply-changes/writes.ts). */
const snapshotHeader = "sluice-snapshot-lsn";

/**
 * Debezium's connector: the whole envelope, numbers without loss, one unit of time, truncates and tombstones kept.
 * @param snapshotLsn what the log had reached before the slot was made: no row of the snapshot counts as newer than a change after it.
 */
export function connectorConfig(
  settings: Settings,
  config: CdcConfig,
  tables: SourceTable[],
  snapshotLsn: string,
): ConnectorConfig {
  const url = new URL(settings.postgresUrl);
  const [host, port] = (config.postgres_as_connect_sees_it ?? `${url.hostname}:${url.port || 5432}`).split(
    ":",
  );
  const some = tables.filter(({ entry }) => entry.columns);
  const ownKeys = tables.filter(({ entry }) => entry.key);
  const ssl = url.searchParams.get("sslmode");
  return {
    "connector.class": connectorClass,
    "tasks.max": "1",
    "database.hostname": host as string,
    "database.port": port as string,
    "database.user": replicationUser,
    // Known to the worker alone, whose `env` provider resolves it.
    "database.password": `\${env:POSTGRES_REPLICATION_PASSWORD}`,
    "database.dbname": decodeURIComponent(url.pathname.slice(1)),
    ...(ssl && { "database.sslmode": ssl }),
    "topic.prefix": config.topic_prefix,
    "plugin.name": "pgoutput",
    "slot.name": config.slot,
    "publication.name": config.publication,
    "publication.autocreate.mode": "disabled",
    "table.include.list": [heartbeatTable, signalTable, ...tables.map(({ entry }) => entry.table)]
      .map(escapeName)
      .join(","),
    // Of other tables every column: the list counts for all tables, so they are named with a wildcard.
    ...(some.length > 0 && { "column.include.list": columnPatterns(tables).join(",") }),
    ...(ownKeys.length > 0 && {
      "message.key.columns": ownKeys
        .map(({ entry, key }) => `${escapeName(entry.table)}:${key.join(",")}`)
        .join(";"),
    }),
    "snapshot.mode": "initial",
    "signal.data.collection": signalTable,
    "signal.enabled.channels": "source",
    "decimal.handling.mode": "string",
    "time.precision.mode": "microseconds",
    "interval.handling.mode": "string",
    // Of all modes the only one in which an unchanged large value can be told from NULL.
    "binary.handling.mode": "bytes",
    // By default a value that Debezium cannot convert is null, with a line in its log.
    "event.converting.failure.handling.mode": "fail",
    "skipped.operations": "none",
    "tombstones.on.delete": "true",
    "heartbeat.interval.ms": "5000",
    "heartbeat.action.query": `UPDATE ${heartbeatTable} SET beat = beat + 1, at = now()`,
    "key.converter": "org.apache.kafka.connect.json.JsonConverter",
    "key.converter.schemas.enable": "false",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "value.converter.schemas.enable": "false",
    transforms: "snapshot",
    "transforms.snapshot.type": "org.apache.kafka.connect.transforms.InsertHeader",
    "transforms.snapshot.header": snapshotHeader,
    "transforms.snapshot.value.literal": snapshotLsn,
    "errors.retry.timeout": "-1",
    "retriable.restart.connector.wait.ms": "2000",
    "producer.override.acks": "all",
    "producer.override.enable.idempotence": "true",
  };
}

export const snapshotLsnOf = (config: ConnectorConfig | undefined): string | undefined =>
  config?.["transforms.snapshot.value.literal"];

/** Lists are of regular expressions, with commas between. */
const escapeName = (text: string) => text.replace(/[\\^$.|?*+()[\]{},]/g, "\\$&");

const columnPatterns = (tables: SourceTable[]): string[] => [
  `${escapeName(heartbeatTable)}\\..*`,
  `${escapeName(signalTable)}\\..*`,
  ...tables.flatMap(({ entry, columns }) =>
    entry.columns
      ? columns.map(({ name }) => `${escapeName(entry.table)}\\.${escapeName(name)}`)
      : [`${escapeName(entry.table)}\\..*`],
  ),
];

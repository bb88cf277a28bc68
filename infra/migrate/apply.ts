import { join } from "node:path";
import { ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { projectRoot, type Settings } from "../settings.ts";
import { readMigrations } from "./files.ts";
import { type MigrationStatus, migrate, migrationStatus } from "./migrate.ts";

const folder = join(projectRoot, "sql");

/** Brings the configured ClickHouse up to `sql/`, as user `default`. @returns the names of what was applied. */
export const applyMigrations = (settings: Settings): Promise<string[]> =>
  withClient(settings, async (client) => migrate(client, await readMigrations(folder)));

export const readMigrationStatus = (settings: Settings): Promise<MigrationStatus[]> =>
  withClient(settings, async (client) => migrationStatus(client, await readMigrations(folder)));

async function withClient<T>(
  settings: Settings,
  use: (client: ReturnType<typeof createClient>) => Promise<T>,
) {
  const client = createClient({
    url: settings.clickhouseUrl,
    username: "default",
    password: settings.CLICKHOUSE_DEFAULT_PASSWORD,
    application: "sluice-migrate",
    log: { level: ClickHouseLogLevel.OFF },
  });
  return await use(client).finally(() => client.close());
}

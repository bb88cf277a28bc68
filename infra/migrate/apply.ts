import { join } from "node:path";
import { withAdmin } from "../admin.ts";
import { projectRoot, type Settings } from "../settings.ts";
import { readMigrations } from "./files.ts";
import { type MigrationStatus, migrate, migrationStatus } from "./migrate.ts";

const folder = join(projectRoot, "sql");
const asMigrate = { application: "sluice-migrate" };

/** Brings the configured ClickHouse up to `sql/`, as user `default`. @returns the names of what was applied. */
export const applyMigrations = (settings: Settings): Promise<string[]> =>
  withAdmin(settings, asMigrate, async (client) => migrate(client, await readMigrations(folder)));

export const readMigrationStatus = (settings: Settings): Promise<MigrationStatus[]> =>
  withAdmin(settings, asMigrate, async (client) => migrationStatus(client, await readMigrations(folder)));

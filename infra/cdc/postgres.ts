import { Client } from "pg";
import type { Settings } from "../settings.ts";

export interface Postgres {
  /** The rows of a statement; values of type bigint and numeric come as text. */
  query<Row extends object = object>(sql: string, params?: unknown[]): Promise<Row[]>;
}

/** A session whose texts do not depend on the server's settings. */
export async function withPostgres<T>(
  settings: Settings,
  use: (postgres: Postgres) => Promise<T>,
): Promise<T> {
  const client = new Client({
    connectionString: settings.postgresUrl,
    connectionTimeoutMillis: 5000,
    application_name: "sluice cdc",
    options:
      "-c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres -c extra_float_digits=1 -c bytea_output=hex",
  });
  client.on("error", () => {}); // The call that failed throws the same.
  try {
    await client.connect();
    return await use({ query: async (sql, params) => (await client.query(sql, params)).rows });
  } catch (error) {
    if ((error as { code?: string }).code === "ECONNREFUSED")
      throw new Error(
        `Postgres does not answer at ${new URL(settings.postgresUrl).host}: npx sluice up postgres --detach`,
      );
    throw error;
  } finally {
    await client.end().catch(() => {});
  }
}

/** A name as SQL takes it. */
export const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export const quoteTable = (table: string): string => table.split(".").map(quote).join(".");

export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

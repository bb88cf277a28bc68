import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import type { Settings } from "./settings.ts";

/** Who asks, and how long one statement may take: as the client has it, 30 s, unless said. */
interface AdminOptions {
  /** As the query log names it. */
  application: string;
  /** Milliseconds. */
  request_timeout?: number;
}

/** The configured ClickHouse as its owner, the user `default`. */
export const openAdmin = (settings: Settings, options: AdminOptions): ClickHouseClient =>
  createClient({
    url: settings.clickhouseUrl,
    username: "default",
    password: settings.CLICKHOUSE_DEFAULT_PASSWORD,
    log: { level: ClickHouseLogLevel.OFF },
    ...options,
  });

/** The same for as long as `work` takes. */
export async function withAdmin<T>(
  settings: Settings,
  options: AdminOptions,
  work: (client: ClickHouseClient) => Promise<T>,
): Promise<T> {
  const client = openAdmin(settings, options);
  return await work(client).finally(() => client.close());
}

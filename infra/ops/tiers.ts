import type { ClickHouseClient } from "@clickhouse/client";
import { withAdmin } from "../admin.ts";
import type { Settings } from "../settings.ts";

/** Ages in days at which the parts of a table move on. */
interface Retention {
  table: string;
  /** The column that tells a row's age. */
  column: string;
  cold: number;
  /** Compressed harder from here on. */
  archive: number;
  end: number;
}

const usual = { cold: 30, archive: 90, end: 2 * 365 };

const retentions: Retention[] = [
  { table: "bilten_analytics.events", column: "timestamp", ...usual },
  { table: "bilten_analytics.page_views", column: "timestamp", ...usual },
  // Books are kept for seven years.
  { table: "bilten_analytics.ticket_sales", column: "timestamp", ...usual, end: 7 * 365 + 2 },
];

/** The storage policy of `infra/clickhouse`; on another server, one of its name with the same volumes. */
const usualPolicy = "tiered";
const volumes = ["cold", "archive"];

export interface TieredTable {
  table: string;
  /** False: it was so already. */
  changed: boolean;
  ttl: string;
}

/**
 * Gives the tables of product events their storage policy and the ages at which parts move to slower disks, are compressed harder,
 * and end. What is there already moves at once. Running it again changes nothing.
 * @throws Error, before anything is changed, when the server has no such policy.
 */
export const applyTiers = (settings: Settings, policy = usualPolicy): Promise<TieredTable[]> =>
  // One statement may rewrite a large table.
  withAdmin(settings, { application: "sluice-setup", request_timeout: 3_600_000 }, async (client) => {
    await checkPolicy(client, settings.clickhouseUrl, policy);
    const tables: TieredTable[] = [];
    for (const retention of retentions) tables.push(await applyTo(client, retention, policy));
    return tables;
  });

async function rows<Row>(client: ClickHouseClient, query: string, query_params: object): Promise<Row[]> {
  const result = await client.query({ query, query_params: { ...query_params }, format: "JSONEachRow" });
  return result.json<Row>();
}

async function checkPolicy(client: ClickHouseClient, url: string, policy: string): Promise<void> {
  const found = await rows<{ volume_name: string }>(
    client,
    "SELECT volume_name FROM system.storage_policies WHERE policy_name = {policy: String}",
    { policy },
  );
  const missing = volumes.filter((name) => !found.some(({ volume_name }) => volume_name === name));
  if (missing.length === 0) return;
  const what =
    found.length === 0
      ? `no storage policy "${policy}"`
      : `no volume ${missing.join(", ")} in its storage policy "${policy}"`;
  throw new Error(
    `ClickHouse at ${url} has ${what}: give its storage_configuration a policy "${policy}" with the volume its tables are on ` +
      `("default"), then "cold" and "archive", and run this again. Nothing was changed.`,
  );
}

/** As ClickHouse prints it, so that one that is there already is recognised. */
function ttlOf({ column, cold, archive, end }: Retention): string {
  const at = (days: number) => `toDateTime(${column}) + toIntervalDay(${days})`;
  const recompress = `${at(archive)} RECOMPRESS CODEC(ZSTD(9))`;
  return `${at(cold)} TO VOLUME 'cold', ${recompress}, ${at(archive)} TO VOLUME 'archive', ${at(end)}`;
}

async function applyTo(client: ClickHouseClient, retention: Retention, policy: string): Promise<TieredTable> {
  const { table } = retention;
  const ttl = ttlOf(retention);
  const [found] = await rows<{ engine_full: string; storage_policy: string }>(
    client,
    "SELECT engine_full, storage_policy FROM system.tables WHERE concat(database, '.', name) = {table: String}",
    { table },
  );
  if (!found) throw new Error(`There is no table ${table}: \`npx sluice migrate\` makes it.`);
  const changed = found.storage_policy !== policy || !found.engine_full.includes(`TTL ${ttl} SETTINGS`);
  if (changed) {
    // Whole parts end at once, which for parts of one month is soon enough and rewrites nothing.
    const query = `ALTER TABLE ${table} MODIFY SETTING storage_policy = '${policy}', ttl_only_drop_parts = 1`;
    await client.command({ query });
    await client.command({
      query: `ALTER TABLE ${table} MODIFY TTL ${ttl}`,
      clickhouse_settings: { mutations_sync: "1" },
    });
  }
  return { table, changed, ttl };
}

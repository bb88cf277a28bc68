import { type ClickHouseClient, ClickHouseError } from "@clickhouse/client";
import { endpoints } from "../../functions/lib/endpoints.ts";
import { type KeyKind, makeKey } from "../../functions/lib/keys/key.ts";
import { suggest } from "../terminal/suggest.ts";
import { renderTable } from "../terminal/table.ts";
import type { CreateOptions } from "./keys.ts";
import { asUser } from "./reader.ts";

export interface ListedKey {
  id: string;
  name: string;
  kind: KeyKind;
  endpoints: string[];
  sources: string[];
  origins: string[];
  fixed: Record<string, string>;
  per_minute: number;
  /** All in UTC. */
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
  last_used_at: string | null;
  requests: number;
}

/** @throws Error naming an endpoint, or a fixed parameter, that there is not. */
export async function createKey(options: CreateOptions): Promise<{ id: string; key: string }> {
  checkNames(options);
  const { id, key, hash } = makeKey(options.kind);
  const expires = options.expires === undefined ? null : new Date(Date.now() + options.expires * 1000);
  await asOwner((client) =>
    client.insert({
      table: "sluice.api_keys",
      format: "JSONEachRow",
      values: [
        {
          id,
          version: Date.now(),
          name: options.name,
          kind: options.kind,
          hash,
          endpoints: options.endpoint,
          sources: options.source,
          origins: options.origin,
          fixed: options.fix,
          per_minute: options.perMinute,
          expires_at: expires?.toISOString().replace("Z", ""),
        },
      ],
    }),
  );
  return { id, key };
}

function checkNames({ kind, endpoint, fix }: CreateOptions): void {
  for (const name of endpoint) {
    if (name === "query" || endpoints.has(name)) continue;
    const meant = suggest(name, [...endpoints.keys()]);
    throw new Error(
      `There is no endpoint "${name}". ${meant ? `Did you mean ${meant}?` : "`npx sluice ask` lists them."}`,
    );
  }
  if (kind !== "read") return;
  const asked = [...endpoints.values()].filter(
    ({ name }) => endpoint.length === 0 || endpoint.includes(name),
  );
  for (const name of Object.keys(fix))
    if (!asked.some(({ params }) => Object.hasOwn(params.shape, name)))
      throw new Error(
        `No endpoint of this key has a parameter "${name}": with it fixed the key could ask nothing.`,
      );
}

const known = `
  SELECT id, name, kind, endpoints, sources, origins, fixed, per_minute, created_at, expires_at, revoked_at
  FROM (SELECT * FROM sluice.api_keys ORDER BY id, version DESC LIMIT 1 BY id)`;

export const listKeys = (all: boolean): Promise<ListedKey[]> =>
  asOwner(async (client) => {
    const answer = await client.query({
      query: `
        SELECT keys.*, if(uses.requests = 0, NULL, uses.last) AS last_used_at, uses.requests AS requests
        FROM (${known}) AS keys
        LEFT JOIN (
          SELECT key_id, max(minute) AS last, sum(requests) AS requests FROM sluice.api_key_uses GROUP BY key_id
        ) AS uses ON uses.key_id = keys.id
        WHERE {all: Bool} OR (revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now64(3)))
        ORDER BY created_at, id`,
      query_params: { all },
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
      format: "JSONEachRow",
    });
    return answer.json<ListedKey>();
  });

/** @throws Error when there is no such key, or it is revoked already. */
export const revokeKey = (id: string): Promise<{ id: string; name: string; revoked_at: string }> =>
  asOwner(async (client) => {
    const answer = await client.query({
      query: `${known} WHERE id = {id: String}`,
      query_params: { id },
      format: "JSONEachRow",
    });
    const [key] = await answer.json<ListedKey>();
    if (!key) throw new Error(`There is no key ${id}: \`npx sluice keys list\` shows them.`);
    if (key.revoked_at !== null)
      throw new Error(`The key ${id} (${key.name}) was revoked at ${key.revoked_at}.`);
    const revoked_at = new Date().toISOString().replace("T", " ").replace("Z", "");
    await client.command({
      query: `
        INSERT INTO sluice.api_keys
        SELECT * REPLACE (greatest(version + 1, {now: UInt64}) AS version, parseDateTime64BestEffort({at: String}, 3, 'UTC') AS revoked_at)
        FROM sluice.api_keys WHERE id = {id: String} ORDER BY version DESC LIMIT 1`,
      query_params: { id, at: revoked_at, now: Date.now() },
    });
    return { id, name: key.name, revoked_at };
  });

export function renderKeys(keys: ListedKey[]): string {
  if (keys.length === 0) return "No keys but the two in .env.\n";
  return renderTable(
    ["id", "name", "kind", "for", "a minute", "created", "ends", "last used", "requests"],
    keys.map((key) => [
      key.id,
      key.name,
      key.kind,
      scopeOf(key),
      key.per_minute || "no limit",
      key.created_at.slice(0, 16),
      key.revoked_at ? `revoked ${key.revoked_at.slice(0, 16)}` : (key.expires_at?.slice(0, 16) ?? ""),
      key.last_used_at?.slice(0, 16) ?? "",
      key.requests,
    ]),
  );
}

function scopeOf({ endpoints: names, sources, origins, fixed }: ListedKey): string {
  const values = Object.entries(fixed).map(([name, value]) => `${name}=${value}`);
  return [...names, ...sources, ...origins, ...values].join(" ") || "all";
}

/** Keys are made by the owner of the database: neither the functions nor readers may. */
async function asOwner<T>(work: (client: ClickHouseClient) => Promise<T>): Promise<T> {
  try {
    return await asUser("default", work);
  } catch (error) {
    const { cause } = error as Error;
    if (cause instanceof ClickHouseError && (cause.code === "60" || cause.code === "81"))
      throw new Error("The table of keys is not there: `npx sluice migrate` makes it.", { cause });
    throw error;
  }
}

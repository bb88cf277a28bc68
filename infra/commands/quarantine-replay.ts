import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { ClickHouseClient } from "@clickhouse/client";
import { v7 } from "uuid";
import { openWayBack, type Replayable } from "../ops/replay.ts";
import { loadSettings } from "../settings.ts";
import { asUser } from "./reader.ts";

export interface ReplayFilter {
  ids: string[];
  /** Its content takes the place of the one message's body. */
  file?: string;
  reason?: string;
  source?: string;
}

export interface ReplayResult {
  replayed: number;
  /** By source. */
  sources: Record<string, number>;
}

/** In this order they leave again, in groups of so many bytes at the most or a little more. */
const mostAtOnce = 500;

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;

/**
 * Sends rejected messages again the way they came, and notes in the quarantine that they went.
 * @throws Error when there is none, or when who should take them does not; what went before is noted.
 */
export async function replayQuarantined(
  filter: ReplayFilter,
  onProgress: (done: number) => void,
): Promise<ReplayResult> {
  const settings = loadSettings();
  const { ids, body } = await readFilter(filter);
  const attempt = v7();
  return asUser("default", async (client) => {
    const chosen = await choose(client, { ...filter, ids });
    if (chosen.length === 0)
      throw new Error("No such message is in the quarantine: `npx sluice quarantine list` shows them.");
    const result: ReplayResult = { replayed: 0, sources: {} };
    for (const [source, entries] of Map.groupBy(chosen, (one) => one.source)) {
      const send = openWayBack(settings, source);
      for (let start = 0; start < entries.length; start += mostAtOnce) {
        const group = entries.slice(start, start + mostAtOnce).map(({ id }) => id);
        const messages = await load(client, group);
        await send(body === undefined ? messages : messages.map((one) => ({ ...one, body })), attempt);
        await note(client, group);
        result.replayed += group.length;
        result.sources[source] = (result.sources[source] ?? 0) + group.length;
        onProgress(result.replayed);
      }
    }
    return result;
  });
}

/** A file that `show ID --raw` was saved to under the name of its id says itself which message it is. */
async function readFilter({ ids, file }: ReplayFilter): Promise<{ ids: string[]; body?: Buffer }> {
  const wrong = ids.find((id) => uuid.exec(id)?.[0] !== id);
  if (wrong !== undefined)
    throw new Error(`"${wrong}" is no id of a rejected message: \`npx sluice quarantine list\` shows them.`);
  if (file === undefined) return { ids };
  const named = ids.length > 0 ? ids : (uuid.exec(basename(file)) ?? []).slice(0, 1);
  if (named.length !== 1)
    throw new Error(`Which message does ${file} mend? Give its id too, or name the file by it: ID.json.`);
  return { ids: [...named], body: await readFile(file) };
}

async function choose(
  client: ClickHouseClient,
  { ids, reason = "", source = "" }: ReplayFilter,
): Promise<{ id: string; source: string }[]> {
  const result = await client.query({
    query: `
      SELECT id, source FROM sluice.quarantine
      WHERE (empty({ids: Array(UUID)}) ? status = 'new' : id IN {ids: Array(UUID)})
        AND ({reason: String} = '' OR reason = {reason: String}) AND ({source: String} = '' OR source = {source: String})
      ORDER BY at, position`,
    query_params: { ids, reason, source },
    format: "JSONEachRow",
  });
  return result.json();
}

async function load(client: ClickHouseClient, ids: string[]): Promise<Replayable[]> {
  const result = await client.query({
    query: `
      SELECT id, source, position, base64Encode(body) AS body, arrayMap(h -> (h.1, base64Encode(h.2)), headers) AS headers
      FROM sluice.quarantine WHERE id IN {ids: Array(UUID)} ORDER BY at, position`,
    query_params: { ids },
    format: "JSONCompactEachRow",
  });
  const rows = await result.json<[string, string, string, string, [string, string][]]>();
  const bytes = (text: string) => Buffer.from(text, "base64");
  return rows.map(([id, source, position, body, headers]) => ({
    id,
    source,
    position,
    body: bytes(body),
    headers: headers.map(([name, value]) => [name, bytes(value)]),
  }));
}

async function note(client: ClickHouseClient, ids: string[]): Promise<void> {
  await client.command({
    query: "ALTER TABLE sluice.quarantine UPDATE status = 'replayed' WHERE id IN {ids: Array(UUID)}",
    query_params: { ids },
    clickhouse_settings: { mutations_sync: "1" },
  });
}

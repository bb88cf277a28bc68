import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestServer, passwords, type TestServer } from "../clickhouse/test-server.ts";
import { applyMigrations } from "../migrate/apply.ts";
import { loadSettings } from "../settings.ts";
import { applyTiers } from "./tiers.ts";

let server: TestServer;
const settings = () =>
  loadSettings({ CLICKHOUSE_URL: server.url, CLICKHOUSE_DEFAULT_PASSWORD: passwords.default });

beforeAll(async () => {
  server = await openTestServer();
  await applyMigrations(settings());
});
afterAll(() => server.close());

const select = async (query: string): Promise<unknown[]> =>
  (await server.client().query({ query, format: "JSONCompactEachRow" })).json();

const insertAges = (table: string, days: number[]) =>
  server.client().command({
    query: `INSERT INTO bilten_analytics.${table} (timestamp) SELECT now() - INTERVAL arrayJoin([${days}]) DAY`,
  });

const disks = (table: string) =>
  select(`
    SELECT disk_name, toUInt32(sum(rows)), any(default_compression_codec) FROM system.parts
    WHERE active AND database = 'bilten_analytics' AND table = '${table}' GROUP BY disk_name ORDER BY disk_name`);

test("rows of every age are on the tier of their age, those that were there before too, and the oldest are gone", async () => {
  await insertAges("events", [0, 45, 100, 800]);
  await insertAges("ticket_sales", [0, 800, 3000]);
  expect(await applyTiers(settings())).toMatchObject([
    { changed: true },
    { changed: true },
    { changed: true },
  ]);
  await insertAges("events", [1, 60, 300]);
  const tiers = [
    ["archive", 2, "ZSTD(9)"],
    ["cold", 2, "LZ4"],
    ["default", 2, "LZ4"],
  ];
  await expect.poll(() => disks("events"), { timeout: 20_000 }).toEqual(tiers);
  await expect
    .poll(() => disks("ticket_sales"), { timeout: 20_000 })
    .toEqual([
      ["archive", 1, "ZSTD(9)"],
      ["default", 1, "LZ4"],
    ]);
  expect(await applyTiers(settings())).toMatchObject([
    { changed: false },
    { changed: false },
    { changed: false },
  ]);
});

test("S8: a server without the policy is left as it was, with a sentence that says what it needs", async () => {
  const before = await select(
    "SELECT create_table_query FROM system.tables WHERE database = 'bilten_analytics' ORDER BY name",
  );
  await expect(applyTiers(settings(), "elsewhere")).rejects.toThrow(
    /no storage policy "elsewhere".*Nothing was changed/s,
  );
  expect(
    await select(
      "SELECT create_table_query FROM system.tables WHERE database = 'bilten_analytics' ORDER BY name",
    ),
  ).toEqual(before);
});

test("a rejected message waits a quarter of a year for somebody to mend it, then it is gone", async () => {
  const client = server.client();
  await client.command({
    query:
      "INSERT INTO sluice.quarantine (at, body) SELECT now64(3) - INTERVAL arrayJoin([89, 91]) DAY AS at, toString(dateDiff('day', at, now()))",
  });
  await client.command({ query: "OPTIMIZE TABLE sluice.quarantine FINAL" });
  expect(await select("SELECT body FROM sluice.quarantine")).toEqual([["89"]]);
});

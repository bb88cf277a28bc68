import { expect, test } from "vitest";
import { openScratch, type Scratch } from "../../../functions/lib/testing.ts";
import { createRandom } from "../../generate/random.ts";
import { traffic } from "../../generate/traffic.ts";
import { uuidv7 } from "../../sdk/event.ts";

/** What visitors do, some ten events a second, each received within five seconds. */
function* rows(count: number) {
  const random = createRandom(3);
  const visits = traffic(1);
  const moment = (millis: number) => new Date(millis).toISOString().slice(0, -1);
  for (let [n, at] = [0, Date.UTC(2026, 9, 1)]; n < count; n++, at += random(200)) {
    const visit = visits.next().value;
    const properties = Object.entries(visit.properties ?? {}).map(([name, value]) => [name, String(value)]);
    const moments = { timestamp: moment(at), received_at: moment(at + random(5000)) };
    yield { ...visit, ...moments, id: uuidv7(at), properties: Object.fromEntries(properties) };
  }
}

/** Bytes of each column that has a codec of its own. */
async function sizes({ select }: Scratch, table: string): Promise<Map<string, number>> {
  const columns = await select<{ column: string; bytes: string }>(
    `SELECT column, sum(column_data_compressed_bytes) AS bytes FROM system.parts_columns
     WHERE database = currentDatabase() AND table = '${table}' AND active
       AND column IN (SELECT name FROM system.columns WHERE database = 'bilten_analytics' AND table = 'events' AND compression_codec != '')
     GROUP BY column`,
  );
  return new Map(columns.map(({ column, bytes }) => [column, Number(bytes)]));
}

test("the codecs of events take half of what LZ4 takes, each less, and Delta less than DoubleDelta for moments", async () => {
  const scratch = await openScratch();
  const { client } = scratch;
  await client.command({ query: "CREATE TABLE chosen AS bilten_analytics.events" });
  await client.insert({
    table: "chosen",
    values: [...rows(60_000)],
    format: "JSONEachRow",
    // A sale's price is a column of another table.
    clickhouse_settings: { input_format_skip_unknown_fields: 1, date_time_input_format: "best_effort" },
  });
  const chosen = await sizes(scratch, "chosen");
  const otherwise = async (name: string, codec: string, columns: Iterable<string>) => {
    await client.command({ query: `CREATE TABLE ${name} AS chosen` });
    for (const column of columns)
      await client.command({ query: `ALTER TABLE ${name} MODIFY COLUMN ${column} CODEC(${codec})` });
    await client.command({ query: `INSERT INTO ${name} SELECT * FROM chosen` });
    return sizes(scratch, name);
  };
  const lz4 = await otherwise("lz4", "LZ4", chosen.keys());
  expect([...chosen.keys()]).toEqual(expect.arrayContaining(["timestamp", "id", "user_id", "session_id"]));
  for (const [column, bytes] of chosen) expect(bytes, column).toBeLessThan(0.8 * (lz4.get(column) ?? 0));
  const sum = (some: Map<string, number>) => [...some.values()].reduce((all, bytes) => all + bytes);
  expect(sum(chosen) / sum(lz4)).toBeLessThan(0.6);
  const doubled = await otherwise("doubled", "DoubleDelta, ZSTD", ["timestamp", "received_at"]);
  for (const column of ["timestamp", "received_at"])
    expect(doubled.get(column), column).toBeGreaterThan(chosen.get(column) ?? 0);
});

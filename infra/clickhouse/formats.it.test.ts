import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestServer, type TestServer } from "./test-server.ts";

/** Data of every format, with everything in it that once was taken for the end of data or for SQL. */
let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
});
afterAll(() => server.close());

const columns = "id UInt32, s String, n Nullable(Int64), a Array(String), d DateTime64(3)";
const strings = [
  "plain",
  "",
  "two\n\nlines; and more;\n\n",
  "'); DROP TABLE source; --",
  'quo"tes \\ and \\N \t tabs \r\n',
  "Grüße 👋 日本語",
  "INSERT INTO target VALUES (1)\n\nSELECT 1;",
  "\u0001\u0000 bytes",
];

async function table(name: string) {
  await server.ask(`CREATE OR REPLACE TABLE ${name} (${columns}) ENGINE = MergeTree ORDER BY id`);
  return name;
}

const checksum = (name: string) =>
  server
    .ask(`SELECT count(), groupBitXor(cityHash64(id, s, ifNull(n, -1), a, d)) FROM ${name}`)
    .then(({ text }) => text);

const formats =
  `JSONEachRow JSONStringsEachRow JSONCompactEachRow JSONCompactStringsEachRow JSONCompactEachRowWithNames
  JSONCompactEachRowWithNamesAndTypes JSONCompactStringsEachRowWithNamesAndTypes JSON JSONCompact JSONColumns JSONCompactColumns
  JSONColumnsWithMetadata JSONObjectEachRow BSONEachRow CSV CSVWithNames CSVWithNamesAndTypes TabSeparated
  TabSeparatedWithNames TabSeparatedWithNamesAndTypes TSKV Values RowBinary RowBinaryWithNames RowBinaryWithNamesAndTypes
  Native Parquet Arrow ArrowStream ORC Avro MsgPack`.split(/\s+/);
test("the source holds what it should", async () => {
  await table("source");
  const values = strings.map((s, id) => ({
    id,
    s,
    n: id % 2 ? null : id * 2 ** 40,
    a: [s, ""],
    d: `2026-01-01 00:00:0${id}.123`,
  }));
  await server.client().insert({ table: "source", values, format: "JSONEachRow" });
  const { text } = await server.ask("SELECT s FROM source ORDER BY id FORMAT JSONCompactColumns");
  expect(JSON.parse(text)).toEqual([strings]);
  expect(await checksum("source")).toMatch(/^8\t/);
});

test.each(formats)("%s comes back as it went out", async (format) => {
  const target = await table(`target_${format}`);
  const out = await fetch(`${server.url}/?password=${encodeURIComponent("admin's: pass/word")}`, {
    method: "POST",
    body: `SELECT * FROM source ORDER BY id FORMAT ${format}`,
  });
  expect(out.headers.get("x-clickhouse-format")).toBe(format);
  const data = new Uint8Array(await out.arrayBuffer());
  const inUrl = await server.ask(data, { url: { query: `INSERT INTO ${target} FORMAT ${format}` } });
  expect(inUrl).toMatchObject({ status: 200, text: "" });
  expect(await checksum(target)).toBe(await checksum("source"));
});

test.each(["JSONEachRow", "CSV", "RowBinary", "Native", "Parquet", "Values"])(
  "%s inserts from the body that holds the statement too",
  async (format) => {
    const target = await table(`inline_${format}`);
    const out = await server.client().exec({ query: `SELECT * FROM source ORDER BY id FORMAT ${format}` });
    const data = Buffer.concat(await out.stream.toArray());
    const statement = Buffer.from(`INSERT INTO ${target} (id, s, n, a, d) FORMAT ${format}\n`);
    expect(await server.ask(Buffer.concat([statement, data]))).toMatchObject({ status: 200 });
    expect(await checksum(target)).toBe(await checksum("source"));
  },
);

test("the client inserts arrays and streams of its formats", async () => {
  const client = server.client();
  const target = await table("by_client");
  const row = (id: number) => ({ id, s: `s\n\n${id};`, n: null, a: ["x"], d: "2023-11-14 22:13:20.123" });
  const list = (id: number) => Object.values(row(id));
  const names = Object.keys(row(0));
  await client.insert({ table: target, values: [row(1)], format: "JSONEachRow" });
  await client.insert({ table: target, values: Readable.from([row(2), row(3)]), format: "JSONEachRow" });
  await client.insert({ table: target, values: [list(4)], format: "JSONCompactEachRow" });
  await client.insert({
    table: target,
    values: Readable.from([names, list(5)]),
    format: "JSONCompactEachRowWithNames",
  });
  await client.insert({ table: target, values: { a: row(6), b: row(7) }, format: "JSONObjectEachRow" });
  const csv = Readable.from([`8,"s\n\n8;",\\N,"['x']",2023-11-14 22:13:20.123\n`], { objectMode: false });
  await client.insert({ table: target, values: csv, format: "CSV" });
  await client.insert({
    table: target,
    values: Readable.from(["9\ts\\n\\n9;\t\\N\t['x']\t1700000000.123\n"], { objectMode: false }),
    format: "TabSeparated",
  });
  const { text } = await server.ask(
    `SELECT count(), countIf(s = format('s\\n\\n{};', toString(id))), uniq(d, a) FROM ${target}`,
  );
  expect(text).toBe("9\t9\t1");
});

test("empty bodies are no rows, whatever the format", async () => {
  const target = await table("empty");
  for (const format of ["JSONEachRow", "CSVWithNames", "Native", "Parquet", "Values"])
    expect
      .soft(await server.ask("", { url: { query: `INSERT INTO ${target} FORMAT ${format}` } }))
      .toMatchObject({ status: 200 });
  expect(await server.ask("", { url: { query: "INSERT INTO nowhere FORMAT CSV" } })).toMatchObject({
    code: "60",
  });
  expect(await server.ask(`SELECT count() FROM ${target}`)).toMatchObject({ text: "0" });
});

test("wrong data inserts nothing and says where", async () => {
  const target = await table("wrong");
  const data = `{"id":1,"s":"a"}\n{"id":2,"s":}\n`;
  const answer = await server.ask(data, { url: { query: `INSERT INTO ${target} FORMAT JSONEachRow` } });
  expect(answer).toMatchObject({ code: "117", text: expect.stringContaining("(at row 2)") });
  expect(answer.text).not.toContain(server.data);
  expect(await server.ask(`SELECT count() FROM ${target}`)).toMatchObject({ text: "0" });
});

test("one body is one part, however it is split: a deduplication token covers it", async () => {
  const target = "deduplicated";
  await server.ask(
    `CREATE TABLE ${target} (id UInt32) ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 100`,
  );
  const values = Array.from({ length: 100_000 }, (_, id) => ({ id }));
  const insert = () =>
    server.client().insert({
      table: target,
      values: Readable.from(values),
      format: "JSONEachRow",
      clickhouse_settings: { insert_deduplication_token: "once", async_insert: 0 },
    });
  await insert();
  await insert();
  const parts = `SELECT sum(rows), count() FROM system.parts WHERE table = '${target}' AND active`;
  expect(await server.ask(parts)).toMatchObject({ text: "100000\t1" });
});

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lockedSettings } from "./config.ts";
import { stringTakingFunctions } from "./guard.ts";
import { openTestServer, type TestServer } from "./test-server.ts";

/** What restricted users can reach, however they phrase it. */
let server: TestServer;
let file: string;
const secret = "the-secret";

beforeAll(async () => {
  server = await openTestServer();
  file = join(server.data, "secret.csv").replaceAll("'", "\\'");
  writeFileSync(join(server.data, "secret.csv"), `${secret}\n`);
  for (const sql of [
    "CREATE DATABASE sluice",
    "CREATE TABLE sluice.t (a Int32, s String DEFAULT 'x') ENGINE = MergeTree ORDER BY a",
    "INSERT INTO sluice.t VALUES (1, 'one')",
    "CREATE DATABASE hidden",
    "CREATE TABLE hidden.t (a String) ENGINE = MergeTree ORDER BY a",
    `INSERT INTO hidden.t VALUES ('${secret}')`,
    "CREATE TABLE default.marker (a Int8) ENGINE = MergeTree ORDER BY a",
  ])
    expect(await server.ask(sql)).toMatchObject({ status: 200 });
  // Where `default` shows the file system, a file is open to all as a table once someone who may has read it.
  await server.ask(`SELECT * FROM default.\`${file}\``);
});
afterAll(() => server.close());

const reads = () => [
  `SELECT file('${file}')`,
  `SELECT \`fi\\x6ce\`('${file}')`,
  `SELECT "file" /* ( */ ('${file}')`,
  `SELECT arrayMap(file, ['${file}'])`,
  `SELECT * APPLY(file) FROM (SELECT '${file}')`,
  `SELECT * APPLY file FROM (SELECT '${file}')`,
  `EXPLAIN SELECT file('${file}')`,
  `SELECT b FROM generateRandom(concat('a UInt8, b String ALIAS fi', 'le(''${file}'')')) LIMIT 1`,
  `SELECT b FROM values(concat('a Int32, b String ALIAS fi', 'le(''${file}'')'), (1))`,
  `SELECT * FROM format(Values, 'a String', concat('(fi', 'le(''${file}''))'))`,
  `SELECT * FROM eval(concat('SELECT fi', 'le(''${file}'')')) SETTINGS allow_experimental_eval_table_function = 1`,
  `SELECT * FROM file('${file}', CSV, 'a String')`,
  `DESCRIBE file('${file}')`,
  `SELECT * FROM '${file}'`,
  `SELECT * FROM default.\`${file}\``,
  `SELECT (concat('the', '-secret')) IN default.\`${file}\``,
  `SELECT 1 FORMAT Template SETTINGS format_template_resultset = '${file}'`,
  `SELECT 1 SETTINGS additional_result_filter = 'throwIf(file(''${file}'') != '''')'`,
  `SELECT * FROM sluice.t SETTINGS additional_table_filters = {'sluice.t': 'throwIf(file(''${file}'') != '''')'}`,
  "SELECT * FROM executable('cat', TSV, 'a String')",
  "SELECT * FROM url('http://127.0.0.1:1/', CSV, 'a String')",
  "SELECT * FROM s3('http://127.0.0.1:1/bucket/x', 'CSV', 'a String')",
  "SELECT * FROM remote('127.0.0.1', 'hidden', 't')",
  "SELECT * FROM mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
  "SELECT * FROM sqlite('/tmp/x', 't')",
  "SELECT * FROM hidden.t",
  "SELECT (SELECT a FROM hidden.t)",
  "WITH x AS (SELECT * FROM hidden.t) SELECT * FROM x",
  "SELECT * FROM view(SELECT * FROM hidden.t)",
  "SELECT * FROM merge('hidden', 't')",
  "SELECT * FROM loop(hidden.t)",
  "SELECT * FROM mergeTreeIndex(hidden, t)",
  "EXPLAIN SELECT * FROM hidden.t",
  "DESCRIBE hidden.t",
  "SHOW CREATE TABLE hidden.t",
  "SELECT * FROM system.users",
  "SELECT * FROM system.grants",
  "SHOW ACCESS",
];
const others = () => [
  "SET ROLE role_default",
  "SET/**/ROLE ALL",
  "SET ROLE DEFAULT",
  "SET DEFAULT ROLE role_default TO default",
  "GRANT role_default TO default",
  "GRANT SELECT ON *.* TO role_reader",
  "EXECUTE AS default SELECT 1",
  "CREATE USER x",
  "CREATE TABLE sluice.x (a Int8) ENGINE = Memory",
  "CREATE TEMPORARY TABLE x (a Int8)",
  "CREATE VIEW sluice.v AS SELECT 1",
  "CREATE FUNCTION f AS x -> x",
  "DROP TABLE sluice.t",
  "TRUNCATE TABLE sluice.t",
  "ALTER TABLE sluice.t DELETE WHERE 1",
  "DELETE FROM sluice.t WHERE 1",
  "OPTIMIZE TABLE sluice.t FINAL",
  "RENAME TABLE sluice.t TO sluice.u",
  "SYSTEM SHUTDOWN",
  "SYSTEM STOP MERGES",
  "BACKUP TABLE sluice.t TO File('/tmp/x')",
  `SELECT 1 INTO OUTFILE '${file}.out'`,
  `SHOW TABLES INTO OUTFILE '${file}.out'`,
  `INSERT INTO FUNCTION file('${file}.out') SELECT 1`,
  `INSERT INTO sluice.t FROM INFILE '${file}' FORMAT CSV`,
  "INSERT INTO hidden.t VALUES ('x')",
  "INSERT INTO server_log.query_log (query) VALUES ('x')",
  `INSERT INTO sluice.t VALUES (7, file('${file}'))`,
  `INSERT INTO sluice.t FORMAT Values (7, concat(file(assumeNotNull('${file}')), ''))`,
  `INSERT INTO sluice.t SETTINGS input_format_values_interpret_expressions = 1 VALUES (7, file('${file}'))`,
  `INSERT INTO sluice.t SELECT 7, file('${file}')`,
  `INSERT INTO sluice.t SELECT 7, s FROM input('a Int32, s String DEFAULT file(''${file}'')') FORMAT JSONEachRow {"a":7}`,
  `INSERT INTO sluice.t SELECT a, s FROM (SELECT a, s FROM input('a Int32, s String') UNION ALL
     SELECT 7, s FROM file('${file}', CSV, 's String')) FORMAT JSONEachRow {"a":7}`,
  "SELECT 1 SETTINGS dialect = 'kusto'",
];
const several = [
  "SELECT 1; SET ROLE ALL; SELECT * FROM hidden.t",
  "SELECT 1 /* ; */; SELECT * FROM hidden.t",
  "SELECT 1 -- x\n; SELECT * FROM hidden.t",
  "SELECT 1 // x\n; SELECT * FROM hidden.t",
  "SELECT $$a$$; SET ROLE ALL; SELECT * FROM hidden.t",
  "SELECT '\\''; SET ROLE ALL; SELECT * FROM hidden.t; SELECT '\\''",
  "SELECT 1 /* /* */; SET ROLE ALL; SELECT * FROM hidden.t /* */",
  "SELECT “a”; SET ROLE ALL; SELECT * FROM hidden.t",
  "SELECT ‘a; SET ROLE ALL; SELECT * FROM hidden.t",
  "SELECT 1 \\G SET ROLE ALL; SELECT * FROM hidden.t",
  "SET ROLE ALL; SELECT * FROM hidden.t; garbage here",
];

describe.each(["reader", "rmq"] as const)("%s", (user) => {
  test("reads nothing it was not granted, however it asks", async () => {
    for (const sql of reads()) {
      const answer = await server.ask(sql, { user });
      expect.soft(answer, sql).toMatchObject({ code: expect.stringMatching(/^\d+$/) });
      expect.soft(answer.text.replaceAll(sql, ""), sql).not.toContain(secret);
    }
  });

  test("changes nothing it was not granted, and does not leave its role", async () => {
    for (const sql of [...others(), ...several])
      expect
        .soft(await server.ask(sql, { user }), sql)
        .toMatchObject({ code: expect.stringMatching(/^\d+$/) });
    expect((await server.ask("SELECT count(), max(s) FROM sluice.t")).text).not.toContain(secret);
    expect((await server.ask("SELECT * FROM hidden.t")).text).toBe(secret);
    expect(existsSync(join(server.data, "secret.csv.out"))).toBe(false);
  });

  test("a session does not lead out of the role either", async () => {
    const url = { session_id: `way out of ${user}` };
    for (const sql of [
      "SET ROLE ALL",
      "SET ROLE role_default",
      "SET profile = 'default'",
      "SET readonly = 0",
      "USE hidden",
    ])
      await server.ask(sql, { user, url });
    expect(await server.ask("SELECT * FROM hidden.t", { user, url })).toMatchObject({ code: "497" });
    expect(await server.ask("DROP TABLE sluice.t", { user, url })).toMatchObject({ code: "497" });
    expect(await server.ask("SELECT * FROM hidden.t", { user, url: { role: "role_default" } })).toMatchObject(
      { code: "497" },
    );
  });

  test("stops only its own queries", async () => {
    const query_id = `of the administrator ${user}`;
    const running = server.ask("SELECT sleepEachRow(0.1) FROM numbers(10) SETTINGS max_block_size = 1", {
      url: { query_id },
    });
    const find = `SELECT count() FROM system.processes WHERE query_id = '${query_id}'`;
    while ((await server.ask(find)).text === "0");
    expect(await server.ask(`KILL QUERY WHERE query_id = '${query_id}' ASYNC`, { user })).toMatchObject({
      text: "",
    });
    expect(await running).toMatchObject({ status: 200 });
  });

  test("reads what it was granted, and what helps to find one's way", async () => {
    for (const table of [
      "sluice.t",
      "system.query_log",
      "system.parts",
      "system.tables",
      "system.columns",
      "system.databases",
    ])
      expect(await server.ask(`SELECT count() > 0 FROM ${table}`, { user })).toMatchObject({ status: 200 });
    for (const sql of [
      "SELECT * FROM system.one",
      "SELECT * FROM system.numbers LIMIT 1",
      "SELECT * FROM numbers(3)",
      "SELECT count() FROM information_schema.tables",
      "SELECT count() FROM system.merge_tree_settings",
      "SELECT count() FROM system.settings SETTINGS max_threads = 1",
      "SHOW TABLES FROM sluice",
      "EXPLAIN SELECT * FROM sluice.t",
    ])
      expect.soft(await server.ask(sql, { user }), sql).toMatchObject({ status: 200 });
  });
});

test("reader does not insert, rmq does, with expressions in VALUES", async () => {
  const insert = "INSERT INTO sluice.t VALUES (2, upper('two'))";
  const refused = await server.ask(insert, { user: "reader" });
  expect(refused).toMatchObject({
    status: 403,
    code: "497",
    text: expect.stringContaining("reader: Not enough privileges"),
  });
  expect(await server.ask(insert, { user: "rmq" })).toMatchObject({ status: 200 });
  const input = "INSERT INTO sluice.t SELECT a + 1, s FROM input('a Int32, s String') FORMAT CSV 2,three";
  expect(await server.ask(input, { user: "rmq" })).toMatchObject({ status: 200 });
  expect((await server.ask("SELECT * FROM sluice.t ORDER BY a")).text).toBe("1\tone\n2\tTWO\n3\tthree");
});

test("a parameter that stands for a name does not stand for a function", async () => {
  const sql = `SELECT arrayMap({f:Identifier}, ['${file}'])`;
  const session = { session_id: "names" };
  await server.ask("SET param_f = 'file'", { user: "reader", url: session });
  const urls: Record<string, string>[] = [{ param_f: "file" }, { param_f: "fi\\x6ce" }, session];
  for (const url of urls) {
    const answer = await server.ask(sql, { user: "reader", url });
    expect.soft(answer.status).not.toBe(200);
    expect.soft(answer.text.replaceAll(sql, "")).not.toContain(secret);
  }
  const inside = `${sql} SETTINGS param_f = 'file'`;
  expect(await server.ask(inside, { user: "reader", url: { param_f: "upper" } })).toMatchObject({
    code: "36",
  });
  const asked = { user: "reader", url: { param_t: "t", param_d: "sluice" } } as const;
  expect(await server.ask("SELECT count() > 0 FROM {d:Identifier}.{t:Identifier}", asked)).toMatchObject({
    text: "1",
  });
});

test("settings of the URL cannot open what is closed", async () => {
  for (const name of [
    ...lockedSettings,
    "additional_result_filter",
    "input_format_values_interpret_expressions",
  ])
    expect
      .soft(await server.ask("SELECT 1", { user: "reader", url: { [name]: "1" } }), name)
      .not.toMatchObject({ status: 200 });
});

test("no new function of the engine takes a string as SQL or columns without a privilege", async () => {
  const known =
    `cluster clusterAllReplicas fuzzJSON fuzzQuery generateSeries generate_series merge mergeTreeAnalyzeIndexes
    mergeTreeAnalyzeIndexesUUID mergeTreeIndex mergeTreeProjection mergeTreeTextIndex numbers numbers_mt primes view
    viewIfPermitted`.split(/\s+/);
  const { text } = await server.ask("SELECT name FROM system.table_functions WHERE allow_readonly");
  const unknown = text
    .split("\n")
    .filter((name) => !known.includes(name) && !stringTakingFunctions.includes(name.toLowerCase()));
  expect(unknown).toEqual([]);
});

test("the administrator is not restricted", async () => {
  expect(await server.ask("CREATE TABLE hidden.u AS hidden.t ENGINE = Memory")).toMatchObject({
    status: 200,
  });
  expect(await server.ask(`SELECT count() FROM file('${file}', CSV, 'a String')`)).toMatchObject({
    text: "1",
  });
});

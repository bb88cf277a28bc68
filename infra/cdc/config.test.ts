import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadSettings, type Settings } from "../settings.ts";
import { readCdcConfig } from "./config.ts";
import { connectorConfig } from "./connector.ts";
import { describeOldOptions } from "./old-options.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-cdc-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

const read = (text: string) => {
  const file = join(folder, "cdc.yml");
  writeFileSync(file, text);
  return readCdcConfig(file);
};

test("the project's own file is right", () => {
  expect(readCdcConfig()).toMatchObject({
    publication: "github_users_publication",
    tables: [
      { table: "public.github_users", as: "github.users", history: true },
      { as: "github.user_aliases" },
    ],
  });
});

test.each([
  ["publication: p\ntables: []", /tables: .*>=1/],
  ["publication: p\ntables: [{ table: a, as: b.c }]", /tables\.0\.table: it must be two names/],
  ["publication: p\ntables: [{ table: a.b, as: c.d, histroy: true }]", /tables\.0: .*"histroy"/],
  ["publication: p\nslots: x\ntables: [{ table: a.b, as: c.d }]", /Unrecognized key: "slots"/],
  ["publication: p\ntables: [{ table: a.b, as: c.d }, { table: a.b, as: e.f }]", /a table is listed twice/],
  [
    "publication: 'P; DROP'\ntables: [{ table: a.b, as: c.d }]",
    /publication: it must be a lower snake-case name/,
  ],
  ["publication: [", /is no YAML/],
])("%j is refused, naming what is wrong", (text, message) => {
  expect(() => read(text)).toThrow(message);
});

const options = {
  "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
  "database.server.name": "postgres",
  "table.whitelist": "public.github_users",
  "plugin.name": "wal2json",
  transforms: "flatten",
  "transforms.flatten.type": "org.apache.kafka.connect.transforms.Flatten$Value",
};

test.each([
  ["as it is sent to Connect", JSON.stringify({ name: "old", config: options })],
  ["without its name", JSON.stringify(options)],
])(
  "S4: a connector's own file, %s, is refused with each old option and what says the same here",
  (_what, text) => {
    let told = "";
    try {
      read(text);
    } catch (error) {
      told = (error as Error).message;
    }
    expect(told.split("\n").slice(1)).toEqual([
      "  - database.server.name (here: `topic_prefix` in sql/cdc.yml)",
      "  - table.whitelist (here: `tables` in sql/cdc.yml)",
      "  - plugin.name=wal2json (here: nothing: pgoutput, which Postgres has itself)",
      expect.stringMatching(
        /^ {2}- transforms\.flatten\.type=.*Flatten\$Value \(here: nothing: the whole envelope/,
      ),
    ]);
  },
);

test("a connector that says all of it as we do has no old option", () => {
  const { postgresUrl } = loadSettings({ POSTGRES_PASSWORD: "x" });
  const ours = connectorConfig({ postgresUrl } as Settings, readCdcConfig(), [], "0");
  expect(describeOldOptions(ours)).toEqual([]);
});

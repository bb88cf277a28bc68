import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readCdcConfig } from "./config.ts";
import { findOldOptions } from "./connector.ts";

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

test("a connector of the older, flattened kind is told by its options, each with what says the same here", () => {
  const old = {
    "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    "database.server.name": "postgres",
    "table.whitelist": "public.github_users",
    transforms: "flatten",
    "transforms.flatten.type": "org.apache.kafka.connect.transforms.Flatten$Value",
  };
  expect(findOldOptions(old).map(({ option }) => option)).toEqual([
    "database.server.name",
    "table.whitelist",
    "transforms.flatten.type=org.apache.kafka.connect.transforms.Flatten$Value",
  ]);
  expect(findOldOptions({ "topic.prefix": "postgres", "table.include.list": "a.b" })).toEqual([]);
});

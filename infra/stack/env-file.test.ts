import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loadSettings } from "../settings.ts";
import { missingSecrets, writeEnvFile } from "./env-file.ts";
import { services } from "./services.ts";

let folder: string;
let path: string;
let example: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-env-"));
  path = join(folder, ".env");
  example = join(folder, ".env.example");
  writeFileSync(example, "# A comment=\nONE=\nTWO=\nPORT=8123\n#OFF=\n");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = () => parseEnv(readFileSync(path, "utf8"));

it("gives every empty secret a random value of its own and leaves the rest of the example as it is", () => {
  expect(writeEnvFile(path, example, {})).toBe(true);
  const { ONE, TWO, PORT, OFF } = read();
  expect(ONE).toMatch(/^[a-z][\w-]{32}$/);
  expect(TWO).not.toBe(ONE);
  expect(PORT).toBe("8123");
  expect(OFF).toBeUndefined();
  expect(readFileSync(path, "utf8")).toContain("# A comment=\n");
});

it("lets nobody else read it", () => {
  writeEnvFile(path, example, {});
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it("never touches one that is there, not even an empty one", () => {
  writeFileSync(path, "");
  expect(writeEnvFile(path, example, {})).toBe(false);
  expect(readFileSync(path, "utf8")).toBe("");
});

it.each(["plain", "it's # mine", 'a "quoted" one', "a\\nb"])(
  "keeps the value `%s` of the environment for the next shell",
  (ONE) => {
    writeEnvFile(path, example, { ONE });
    expect(read().ONE).toBe(ONE);
  },
);

it("leaves nothing else in the folder", () => {
  writeEnvFile(path, example, {});
  expect(readdirSync(folder).sort()).toEqual([".env", ".env.example"]);
});

it("is not needed when the environment has every secret", () => {
  expect(writeEnvFile(path, example, { ONE: "1", TWO: "2" })).toBe(false);
  expect(existsSync(path)).toBe(false);
});

it("misses only the secrets of services that we run ourselves", () => {
  const settings = loadSettings({
    RABBITMQ_URL: "amqp://given",
    CLICKHOUSE_PASSWORD: "p",
    SLUICE_READ_KEY: "r",
  });
  expect(missingSecrets(settings, services)).toEqual([
    "CLICKHOUSE_DEFAULT_PASSWORD",
    "CLICKHOUSE_READER_PASSWORD",
    "POSTGRES_PASSWORD",
    "POSTGRES_REPLICATION_PASSWORD",
    "SLUICE_WRITE_KEY",
  ]);
});

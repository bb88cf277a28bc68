import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse, YAMLParseError } from "yaml";
import * as z from "zod";
import { projectRoot, SettingsError } from "../settings.ts";
import { describeOldOptions, findConnector } from "./old-options.ts";

const twoParts = z
  .string()
  .regex(/^[\p{L}_][\p{L}\d_$]*\.[\p{L}_][\p{L}\d_$]*$/u, "it must be two names with a point between them");
const name = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/, "it must be a lower snake-case name");
const columns = z.array(z.string().min(1)).min(1);

const captured = z.strictObject({
  table: twoParts,
  as: twoParts,
  columns: columns.optional(),
  key: columns.optional(),
  history: z.boolean().default(false),
});

const config = z
  .strictObject({
    publication: name,
    slot: name.default("sluice"),
    /** Of the connector in Kafka Connect. */
    connector: name.default("sluice"),
    /** Topics are `<topic_prefix>.<schema>.<table>`. */
    topic_prefix: name.default("postgres"),
    /** `host:port`, where Connect cannot reach Postgres by the address of POSTGRES_URL: it runs in a container, say. */
    postgres_as_connect_sees_it: z
      .string()
      .regex(/^[^:/\s]+:\d+$/, "it must be host:port")
      .optional(),
    tables: z.array(captured).min(1),
  })
  .refine(({ tables }) => isUnique(tables.map(({ table }) => table)), "a table is listed twice")
  .refine(({ tables }) => isUnique(tables.map(({ as }) => as)), "two tables have the same `as`");

const isUnique = (values: string[]) => new Set(values).size === values.length;

/** What `sql/cdc.yml` says. */
export type CdcConfig = z.infer<typeof config>;
export type CapturedEntry = CdcConfig["tables"][number];

/** `sql/cdc.yml`, unless SLUICE_CDC names another one. */
const configFile = () => resolve(projectRoot, process.env.SLUICE_CDC ?? "sql/cdc.yml");

/** @throws SettingsError naming the file, and each key that is unknown, missing or wrong. */
export function readCdcConfig(file = configFile()): CdcConfig {
  let value: unknown;
  try {
    value = parse(readFileSync(file, "utf8"));
  } catch (error) {
    const where = error instanceof YAMLParseError ? "is no YAML" : "cannot be read";
    throw new SettingsError(`${file} ${where}: ${(error as Error).message}`);
  }
  const connector = findConnector(value);
  if (connector)
    throw new SettingsError([`${file}: ${notOurs}`, ...describeOldOptions(connector)].join("\n  - "));
  const parsed = config.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${path.join(".") || "the file"}: ${message}`,
  );
  throw new SettingsError(`${file}: ${problems.join("; ")}`);
}

const notOurs =
  "this is a connector's own configuration. `npx sluice cdc setup` makes the connector: list the tables in sql/cdc.yml and take this one away.";

export const topicOf = (
  config: Pick<CdcConfig, "topic_prefix">,
  { table }: Pick<CapturedEntry, "table">,
): string => `${config.topic_prefix}.${table}`;

/** Of the mapping that reads a topic; named, so that `cdc verify` can ask how far it has come. */
export const consumerGroup = (topic: string): string => `apply-changes.${topic}`;

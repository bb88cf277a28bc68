import type { ConnectorConfig } from "./connect-api.ts";

/** Options of older connectors, and what says the same here. */
const oldOptions: Record<string, string> = {
  "database.server.name": "`topic_prefix` in sql/cdc.yml",
  "table.whitelist": "`tables` in sql/cdc.yml",
  "table.blacklist": "`tables` in sql/cdc.yml",
  "schema.whitelist": "`tables` in sql/cdc.yml",
  "schema.blacklist": "`tables` in sql/cdc.yml",
  "column.whitelist": "`columns` of a table in sql/cdc.yml",
  "column.blacklist": "`columns` of a table in sql/cdc.yml",
  "snapshot.new.tables": "a table added to sql/cdc.yml is read by the next setup",
  "slot.drop_on_stop": "nothing: the slot stays until the connector is taken away",
  "toasted.value.placeholder": "nothing: Debezium's own mark is known, and never written",
  "truncate.handling.mode": "nothing: a truncate is applied",
};

/** Values that a newer Debezium does not know, or that lose something on the way here. */
const oldValues: [name: RegExp, value: RegExp, instead: string][] = [
  [
    /^transforms\.[^.]+\.type$/,
    /Flatten\$|ExtractNewRecordState|UnwrapFromEnvelope/,
    "nothing: the whole envelope is needed to apply deletes, truncates and changed keys",
  ],
  [/^plugin\.name$/, /^wal2json/, "nothing: pgoutput, which Postgres has itself"],
  [/^decimal\.handling\.mode$/, /^(precise|double)$/, "nothing: decimals come as text, without loss"],
];

/** Each option of a connector that speaks the older language or flattens its events, with what says the same here. */
export function describeOldOptions(config: ConnectorConfig): string[] {
  return Object.entries(config).flatMap(([option, value]) => {
    if (Object.hasOwn(oldOptions, option)) return `${option} (here: ${oldOptions[option]})`;
    const old = oldValues.find(([name, what]) => name.test(option) && what.test(value));
    return old ? `${option}=${value} (here: ${old[2]})` : [];
  });
}

/** The options of a connector, as Connect takes them: bare, or under `config` beside a `name`. `undefined`: it is none. */
export function findConnector(value: unknown): ConnectorConfig | undefined {
  const { config = value } = (typeof value === "object" && value !== null ? value : {}) as {
    config?: unknown;
  };
  if (typeof config !== "object" || config === null) return undefined;
  if (!Object.keys(config).some((name) => name === "connector.class" || name.startsWith("database.")))
    return undefined;
  return Object.fromEntries(Object.entries(config).map(([name, option]) => [name, String(option)]));
}

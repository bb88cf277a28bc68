import { type Choices, defaultChoices, readChoices } from "./choices.ts";
import type { Mapping } from "./definition.ts";
import type { Secret } from "./secrets.ts";

/** `custom.eventSources` of serverless.yml. */
export interface Settings extends Choices {
  /** Where an ARN or a bootstrap server is reached from here: brokers (`host:port,host:port`) or an AMQP URL. */
  endpoints: Record<string, string>;
  /** Credentials by the ARN of their secret. */
  secrets: Record<string, Secret>;
  /** Both relative to the service. The second gets what is given up for a destination without an endpoint here. */
  statusFile: string;
  failuresFile: string;
  /** Folder for every invoked event; none are saved without. Relative to the service. */
  capture?: string;
}

/** @throws when a key is unknown or of the wrong kind: a misspelt setting must not be ignored. */
export function readSettings(custom: unknown): Settings {
  const given = asRecord(custom ?? {}, "custom.eventSources");
  const known = [
    ...Object.keys(defaultChoices),
    "endpoints",
    "secrets",
    "statusFile",
    "failuresFile",
    "capture",
  ];
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) {
      throw new Error(`custom.eventSources.${key} is unknown; there are ${known.join(", ")}.`);
    }
  }
  return {
    ...readChoices(given),
    endpoints: asRecord(given.endpoints ?? {}, "custom.eventSources.endpoints") as Settings["endpoints"],
    secrets: asRecord(given.secrets ?? {}, "custom.eventSources.secrets") as Settings["secrets"],
    statusFile: String(given.statusFile ?? ".sluice/event-sources.json"),
    failuresFile: String(given.failuresFile ?? ".sluice/on-failure.jsonl"),
    ...(given.capture !== undefined && { capture: String(given.capture) }),
  };
}

/**
 * Where a mapping's broker is. First match: `endpoints` by ARN, by the whole list of bootstrap servers, by one of them;
 * then `KAFKA_BROKERS` or `RABBITMQ_URL`; then the bootstrap servers as they are written.
 */
export function endpointOf(mapping: Mapping, settings: Settings, env: NodeJS.ProcessEnv): string {
  const names =
    mapping.source === "rabbitmq" ? [mapping.arn] : kafkaNames(mapping.arn, mapping.bootstrapServers);
  const mapped = names.map((name) => settings.endpoints[name]).find((endpoint) => endpoint !== undefined);
  const fallback = mapping.source === "rabbitmq" ? env.RABBITMQ_URL : env.KAFKA_BROKERS;
  const endpoint = mapped || fallback || (mapping.source === "kafka" && mapping.bootstrapServers.join(","));
  if (!endpoint) {
    const variable = mapping.source === "rabbitmq" ? "RABBITMQ_URL" : "KAFKA_BROKERS";
    throw new Error(
      `${mapping.functionKey}: nothing says where ${mapping.arn} is reached from here. ` +
        `Set ${variable}, or custom.eventSources.endpoints in serverless.yml.`,
    );
  }
  return endpoint;
}

const kafkaNames = (arn: string | undefined, servers: string[]) => [
  ...(arn ? [arn] : []),
  servers.join(","),
  ...servers,
];

function asRecord(value: unknown, name: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new Error(`${name} must be a map, not ${JSON.stringify(value)}.`);
}

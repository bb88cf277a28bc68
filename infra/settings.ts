import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseEnv } from "node:util";
import * as z from "zod";

/** The project's folder: where serverless.yml lives. */
export const projectRoot = resolve(import.meta.dirname, "..");

/** The database of our own Postgres. */
export const localDatabase = "github-processing-project";

const port = (fallback: number) =>
  z
    .string()
    .regex(/^\d{1,5}$/, "it must be a port, 1 to 65535")
    .transform(Number)
    .refine((value) => value >= 1 && value <= 65535, "it must be a port, 1 to 65535")
    .default(fallback);

const variables = z.object({
  SLUICE_HOME: z.string().default(".sluice"),
  CLICKHOUSE_PORT: port(8123),
  KAFKA_PORT: port(9092),
  RABBITMQ_PORT: port(5672),
  POSTGRES_PORT: port(5432),
  CONNECT_PORT: port(8083),
  HTTP_PORT: port(3000),
  LAMBDA_PORT: port(3002),
  CLICKHOUSE_URL: z.url().optional(),
  KAFKA_BROKERS: z.string().optional(),
  RABBITMQ_URL: z.url().optional(),
  POSTGRES_URL: z.url().optional(),
  CONNECT_URL: z.url().optional(),
  CLICKHOUSE_PASSWORD: z.string().default(""),
  CLICKHOUSE_DEFAULT_PASSWORD: z.string().default(""),
  CLICKHOUSE_READER_PASSWORD: z.string().default(""),
  RABBITMQ_DEFAULT_PASS: z.string().default(""),
  POSTGRES_PASSWORD: z.string().default(""),
  POSTGRES_REPLICATION_PASSWORD: z.string().default(""),
  SLUICE_READ_KEY: z.string().default(""),
  SLUICE_WRITE_KEY: z.string().default(""),
  /** Event source mappings to run, by function, with commas between; empty: all. */
  SLUICE_MAPPINGS: z.string().default(""),
  GITHUB_API_URL: z.url().default("https://api.github.com"),
  GITHUB_TOKEN: z.string().default(""),
});

export type Settings = z.infer<typeof variables> & {
  /** Absolute path of the folder for data, logs and process ids. */
  home: string;
  /** Where each service is reached: the given one, else ours on 127.0.0.1. */
  clickhouseUrl: string;
  brokers: string[];
  rabbitmqUrl: string;
  /** The database of the captured tables. */
  postgresUrl: string;
  /** The REST interface of Kafka Connect. */
  connectUrl: string;
};

/** A setting that cannot be used; the message names the variable and what it must be. */
export class SettingsError extends Error {
  override name = "SettingsError";
}

/** Where the secrets are kept, and whatever else is set for good. */
export const envFile = resolve(projectRoot, ".env");

/** Reads `.env` beneath the environment, whose values win, and parses every variable once, strictly. */
export function loadSettings(env: NodeJS.ProcessEnv = { ...readEnvFile(), ...given(process.env) }): Settings {
  const parsed = variables.safeParse(given(env));
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new SettingsError(`${lines.join("; ")} (set in the environment or in .env)`);
  }
  const v = parsed.data;
  const password = encodeURIComponent(v.RABBITMQ_DEFAULT_PASS);
  const owner = encodeURIComponent(v.POSTGRES_PASSWORD);
  return {
    ...v,
    home: resolve(projectRoot, v.SLUICE_HOME),
    clickhouseUrl: v.CLICKHOUSE_URL ?? `http://127.0.0.1:${v.CLICKHOUSE_PORT}`,
    brokers: (v.KAFKA_BROKERS ?? `127.0.0.1:${v.KAFKA_PORT}`).split(",").map((broker) => broker.trim()),
    rabbitmqUrl: v.RABBITMQ_URL ?? `amqp://rmq:${password}@127.0.0.1:${v.RABBITMQ_PORT}`,
    postgresUrl:
      v.POSTGRES_URL ?? `postgres://postgres:${owner}@127.0.0.1:${v.POSTGRES_PORT}/${localDatabase}`,
    connectUrl: v.CONNECT_URL ?? `http://127.0.0.1:${v.CONNECT_PORT}`,
  };
}

// An empty value is one left open, in the environment as in the file.
const given = (env: NodeJS.ProcessEnv) =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));

function readEnvFile(): NodeJS.ProcessEnv {
  try {
    return parseEnv(readFileSync(envFile, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new SettingsError(`.env cannot be read: ${(error as Error).message}`);
  }
}

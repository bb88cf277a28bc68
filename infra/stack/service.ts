import type { Settings } from "../settings.ts";

/** In the order people see them; the functions come last, for they need the others. */
export const serviceNames = ["clickhouse", "kafka", "rabbitmq", "postgres", "connect", "functions"] as const;

export type ServiceName = (typeof serviceNames)[number];

/** A program to run: it must keep the process it is started as, so that its pid is the one that holds the data. */
export type Launch = {
  command: string;
  args: string[];
  env: Record<string, string>;
  /** Where it runs, and as whom: the project's folder and our own user, unless it says otherwise. */
  cwd?: string;
  user?: { uid: number; gid: number };
};

export type Preparation = {
  settings: Settings;
  /** One line on what is going on, for long steps such as an installation. */
  note: (text: string) => void;
  /** Aborted when the start is given up: an installation stops where it safely can. */
  signal: AbortSignal;
  /** The `up` that stops what it started when it ends; none when it is to stay. */
  owner: string | undefined;
};

export type Port = Extract<keyof Settings, `${string}_PORT`>;

/** One service of the stack: how it is found, started, known to be ready, and stopped. */
export type Service = {
  name: ServiceName;
  /** The variable that names an existing one; given, nothing is started. */
  variable?: "CLICKHOUSE_URL" | "KAFKA_BROKERS" | "RABBITMQ_URL" | "POSTGRES_URL" | "CONNECT_URL";
  /** The variables of the ports it listens on. */
  ports: Port[];
  /** The secrets it cannot run without. */
  secrets: Extract<keyof Settings, string>[];
  /** Where it is reached, as `status` shows it. */
  address: (settings: Settings) => { url: string } | { brokers: string[] };
  /** Why it cannot be started here, if it cannot: a program that is missing and may not be installed. */
  missing: () => string | undefined;
  /** Installs what it may, writes its configuration, and says what to run. */
  prepare: (preparation: Preparation) => Promise<Launch>;
  /** Resolves when the service answers its own protocol with our credentials; rejects with the reason it does not. */
  probe: (settings: Settings) => Promise<void>;
  /** The process of one that somebody runs without us; it counts as running, and is not ours to stop. */
  elsewhere?: (settings: Settings) => number | undefined;
  /** What asks it to stop, unless it is SIGTERM. */
  stopSignal?: NodeJS.Signals;
  /** Seconds it may take to stop before it is killed. */
  stopSeconds: number;
  /** Deletes what it keeps outside SLUICE_HOME. */
  clean?: (settings: Settings) => Promise<void>;
};

/** This service cannot run here; the message says what to install or change. The others are not touched by it. */
export class Unavailable extends Error {
  override name = "Unavailable";
}

import { resolve } from "node:path";
import type { Answer } from "./answer.ts";
import { awsEndpointOf } from "./aws.ts";
import { Capture } from "./capture.ts";
import type { KafkaMapping, Mapping } from "./definition.ts";
import { openDestination } from "./destination.ts";
import { type KafkaClient, openKafkaClient } from "./kafka-security.ts";
import { KafkaSource } from "./kafka-source.ts";
import { ActiveMapping, type Log } from "./mapping.ts";
import { RabbitMQSource } from "./rabbitmq-source.ts";
import { readSecret } from "./secrets.ts";
import { endpointOf, type Settings } from "./settings.ts";
import type { Payload, Report, Source } from "./source.ts";
import { type MappingStatus, StatusFile, statusOf } from "./status.ts";

export interface EngineOptions {
  mappings: Mapping[];
  settings: Settings;
  /** That the paths in the settings are relative to. */
  folder: string;
  /** Names of the mappings to run, as `--mapping` takes them; all without. */
  only?: string[];
  invoke(functionKey: string, payload: Payload): Promise<Answer>;
  functionArn(functionKey: string): string;
  /** Kafka's consumer groups begin again at their starting positions. */
  reset: boolean;
  /** A debugger in a function stops the process that polls. */
  pausable: boolean;
  /** Functions run in worker threads of this process. */
  threads: boolean;
  log: Log;
}

/** The largest event Lambda accepts, as JSON. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const maxBytes = 6_291_456;

/** How long a stop waits for invocations in flight. */
const drainLimit = 5000;

/** All mappings of a service at work, whatever runs its functions. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #capture: Capture | undefined;
  readonly #active: ActiveMapping[] = [];
  /** Those that do not run: disabled, not chosen, or without a way to their broker. */
  readonly #idle: MappingStatus[] = [];
  #status: StatusFile | undefined;

  constructor(options: EngineOptions) {
    const { settings, folder } = options;
    this.#options = options;
    this.#capture =
      settings.capture === undefined ? undefined : new Capture(resolve(folder, settings.capture));
  }

  /** Does not wait for any broker. @throws when a chosen mapping does not exist. */
  async start(): Promise<void> {
    const { mappings, only, settings, folder } = this.#options;
    for (const name of only ?? []) {
      if (!mappings.some((mapping) => isNamed(mapping, name))) {
        const names = mappings.map((mapping) => `${mapping.functionKey}:${placeOf(mapping)}`);
        throw new Error(
          `There is no mapping ${name}; there are ${names.join(", ")}, also by function alone.`,
        );
      }
    }
    for (const mapping of mappings) {
      const chosen = only === undefined || only.some((name) => isNamed(mapping, name));
      if (mapping.enabled && chosen) await this.#activate(mapping);
      else this.#idle.push(statusOf(mapping));
    }
    this.#status = new StatusFile(resolve(folder, settings.statusFile), () => [
      ...this.#active.map((mapping) => mapping.status),
      ...this.#idle,
    ]);
  }

  /** Whether any mapping is at work: enabled, chosen, its broker known. */
  get polls(): boolean {
    return this.#active.length > 0;
  }

  /** Failed batches come again without further delay. */
  retryNow(): void {
    for (const mapping of this.#active) mapping.retryNow();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#active.map((mapping) => mapping.stop(drainLimit)));
    this.#status?.close();
  }

  async #activate(mapping: Mapping): Promise<void> {
    const { invoke, log } = this.#options;
    const { functionKey } = mapping;
    try {
      const open = await this.#open(mapping);
      const captured = async (payload: Payload) => {
        await this.#capture?.save(functionKey, payload.event()).catch(({ message }) => {
          log.warning(`event-sources: ${functionKey}: the event is not captured: ${message}`);
        });
        return invoke(functionKey, payload);
      };
      this.#active.push(new ActiveMapping(mapping, open, captured, log));
    } catch (error) {
      // The others can still run.
      const { message } = error as Error;
      log.error(`event-sources: ${message}`);
      this.#idle.push({ ...statusOf(mapping), error: message });
    }
  }

  /** @throws when nothing says where the broker is, or its secret cannot be had. */
  async #open(mapping: Mapping): Promise<(report: Report) => Source> {
    const { settings, pausable, threads, reset } = this.#options;
    const endpoint = endpointOf(mapping, settings, process.env);
    const secretOf = (arn: string) => readSecret(arn, settings, process.env);
    if (mapping.source === "rabbitmq") {
      const { username, password } = (await secretOf(mapping.basicAuthArn)) ?? {};
      const credentials =
        username !== undefined && password !== undefined ? { username, password } : undefined;
      const options = { url: endpoint, pausable, threads, maxBytes, ...(credentials && { credentials }) };
      return (report) => new RabbitMQSource(mapping, options, report);
    }
    const client = await openKafkaClient(endpoint, mapping.access, secretOf);
    const destination = this.#destination(mapping, client);
    const options = { client, pausable, maxBytes, reset, ...(destination && { destination }) };
    return (report) => new KafkaSource(mapping, options, report);
  }

  #destination({ functionKey, retry, uuid, arn, bootstrapServers }: KafkaMapping, client: KafkaClient) {
    if (retry.destination === undefined) return undefined;
    const { functionArn, settings, folder } = this.#options;
    return openDestination(retry.destination, {
      origin: {
        functionArn: functionArn(functionKey),
        bootstrapServers: bootstrapServers.join(","),
        ...(arn !== undefined && { eventSourceArn: arn }),
      },
      uuid,
      client,
      endpoint: awsEndpointOf(retry.destination, settings.endpoints, process.env),
      file: resolve(folder, settings.failuresFile),
    });
  }
}

/** `<function>`, or `<function>:<topic or queue>`. */
const isNamed = (mapping: Mapping, name: string) =>
  name === mapping.functionKey || name === `${mapping.functionKey}:${placeOf(mapping)}`;

const placeOf = (mapping: Mapping) => (mapping.source === "rabbitmq" ? mapping.queue : mapping.topic);

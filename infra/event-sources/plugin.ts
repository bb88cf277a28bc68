import { resolve } from "node:path";
import { type ConfigSchemaHandler, extendSchema, patchTemplate, type Resource } from "./cloudformation.ts";
import { type KafkaMapping, type Mapping, readMappings } from "./definition.ts";
import { openDestination } from "./destination.ts";
import { Invoker, type OfflineOptions, type Serverless } from "./invoke.ts";
import { KafkaSource } from "./kafka-source.ts";
import { ActiveMapping, type Log } from "./mapping.ts";
import { RabbitMQSource } from "./rabbitmq-source.ts";
import { awsEndpointOf, endpointOf, readSettings, type Settings } from "./settings.ts";
import type { Report, Source } from "./source.ts";
import { type MappingStatus, StatusFile, statusOf } from "./status.ts";

interface ServerlessInstance extends Serverless {
  service: Serverless["service"] & {
    service: string;
    custom?: Record<string, unknown>;
    provider: {
      stage: string;
      region: string;
      compiledCloudFormationTemplate: { Resources: Record<string, Resource> };
    };
    functions: Record<string, { events?: Record<string, unknown>[]; name: string }>;
  };
  serviceDir: string;
  configSchemaHandler: ConfigSchemaHandler;
  pluginManager: { plugins: object[] };
  getProvider(name: string): { naming: { getNormalizedFunctionName(key: string): string } };
}

/** The largest event Lambda accepts, as JSON. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const maxEventBytes = 6_291_456;

/** How long a stop waits for invocations in flight. */
const drainLimit = 5000;

/** A function with an event source mapping may run for 14 minutes, though Lambda allows 15. */
const longestTimeout = 840;

/**
 * Serverless plugin: `kafka`, `msk` and `rabbitmq` events trigger functions under `sls offline` and `sls offline start`.
 * List it before serverless-offline, whose hooks block until the end.
 */
export default class EventSources {
  readonly hooks = {
    "after:package:compileEvents": () => this.#patchTemplate(),
    "offline:start:init": () => this.#start(),
    "before:offline:start:end": () => this.#stop(),
    // Bare `sls offline`: serverless-offline starts, ends and exits within this event.
    "offline:start": () => this.#startBare(),
  };

  readonly #serverless: ServerlessInstance;
  readonly #cliOptions: Record<string, unknown>;
  readonly #log: Log;
  #mappings: ActiveMapping[] = [];
  /** Those that do not run: disabled, or nothing says where their broker is. */
  #idle: MappingStatus[] = [];
  #invoker: Invoker | undefined;
  #status: StatusFile | undefined;

  constructor(serverless: ServerlessInstance, cliOptions: Record<string, unknown>, { log }: { log: Log }) {
    this.#serverless = serverless;
    this.#cliOptions = cliOptions;
    this.#log = log;
    extendSchema(serverless.configSchemaHandler);
  }

  #readMappings(): Mapping[] {
    const { service } = this.#serverless;
    const stage = String(this.#cliOptions.stage ?? service.provider.stage);
    return readMappings({ service: service.service, stage, functions: service.functions });
  }

  #patchTemplate(): void {
    this.#readMappings();
    const { service } = this.#serverless;
    const { naming } = this.#serverless.getProvider("aws");
    patchTemplate(service.provider.compiledCloudFormationTemplate.Resources, service.functions, (key) =>
      naming.getNormalizedFunctionName(key),
    );
  }

  #start(): void {
    const { service, serviceDir } = this.#serverless;
    const settings = readSettings(service.custom?.eventSources);
    const mappings = this.#readMappings();
    const offline = service.custom?.["serverless-offline"] as OfflineOptions | undefined;
    const options: OfflineOptions = { ...offline, ...this.#cliOptions };
    const invoker = new Invoker(
      this.#serverless,
      options,
      new Set(mappings.map(({ functionKey }) => functionKey)),
    );
    this.#invoker = invoker;
    for (const mapping of mappings) {
      this.#warn(mapping);
      if (!mapping.enabled) this.#idle.push(statusOf(mapping));
      else this.#activate(mapping, invoker, settings, options);
    }
    this.#status = new StatusFile(resolve(serviceDir, settings.statusFile), () => [
      ...this.#mappings.map((mapping) => mapping.status),
      ...this.#idle,
    ]);
  }

  #activate(mapping: Mapping, invoker: Invoker, settings: Settings, options: OfflineOptions): void {
    const { functionKey } = mapping;
    try {
      const open = this.#open(mapping, settings, options);
      const invoke = (event: unknown) => invoker.invoke(functionKey, event);
      this.#mappings.push(new ActiveMapping(mapping, open, invoke, this.#log));
    } catch (error) {
      // The others can still run.
      const { message } = error as Error;
      this.#log.error(`event-sources: ${message}`);
      this.#idle.push({ ...statusOf(mapping), error: message });
    }
  }

  /** @throws when nothing says where the broker is. */
  #open(mapping: Mapping, settings: Settings, { useInProcess }: OfflineOptions): (report: Report) => Source {
    const endpoint = endpointOf(mapping, settings, process.env);
    const common = { pausable: useInProcess === true, maxBytes: maxEventBytes };
    if (mapping.source === "rabbitmq") {
      const credentials = settings.secrets[mapping.basicAuthArn];
      return (report) =>
        new RabbitMQSource(
          mapping,
          { ...common, url: endpoint, ...(credentials && { credentials }) },
          report,
        );
    }
    const brokers = endpoint.split(",");
    const destination = this.#destination(mapping, brokers, settings);
    return (report) =>
      new KafkaSource(mapping, { ...common, brokers, ...(destination && { destination }) }, report);
  }

  #destination(
    { functionKey, retry, uuid, arn, bootstrapServers }: KafkaMapping,
    brokers: string[],
    settings: Settings,
  ) {
    if (retry.destination === undefined) return undefined;
    const { service, serviceDir } = this.#serverless;
    const functionName = service.functions[functionKey]?.name;
    return openDestination(retry.destination, {
      origin: {
        functionArn: `arn:aws:lambda:${service.provider.region}:000000000000:function:${functionName}`,
        bootstrapServers: bootstrapServers.join(","),
        ...(arn !== undefined && { eventSourceArn: arn }),
      },
      uuid,
      brokers,
      endpoint: awsEndpointOf(retry.destination, settings, process.env),
      file: resolve(serviceDir, settings.failuresFile),
    });
  }

  /** What works here and not on AWS. */
  #warn(mapping: Mapping): void {
    const { functions, provider } = this.#serverless.service;
    const timeout = functions[mapping.functionKey]?.timeout ?? provider.timeout ?? 0;
    const warn = (text: string) => this.#log.warning(`event-sources: ${mapping.functionKey}: ${text}`);
    if (timeout > longestTimeout) {
      warn(`a timeout of ${timeout} s: AWS allows ${longestTimeout} s with ${mapping.source} events`);
    }
    if (mapping.source === "rabbitmq" || mapping.provisioned) return;
    const { attempts, recordAge, bisect, itemFailures, destination } = mapping.retry;
    const limited = Number.isFinite(attempts) || Number.isFinite(recordAge) || bisect || itemFailures;
    if (limited && destination === undefined) {
      warn(`limits of retries on ${mapping.topic} need provisionedPollerConfig on AWS`);
    }
  }

  #startBare(): void {
    this.#start();
    const { plugins } = this.#serverless.pluginManager;
    const offline = plugins.find((plugin) => plugin.constructor.name === "ServerlessOffline") as
      | { end(skipExit?: boolean): Promise<void> }
      | undefined;
    if (offline === undefined) return;
    const end = offline.end.bind(offline);
    offline.end = async (skipExit) => {
      await this.#stop();
      await end(skipExit);
    };
  }

  async #stop(): Promise<void> {
    await Promise.all(this.#mappings.map((mapping) => mapping.stop(drainLimit)));
    this.#status?.close();
    await this.#invoker?.close();
  }
}

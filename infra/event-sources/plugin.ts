import { resolve } from "node:path";
import { type Mapping, readMappings } from "./definition.ts";
import { Invoker, type OfflineOptions, type Serverless } from "./invoke.ts";
import { KafkaSource } from "./kafka-source.ts";
import { ActiveMapping, type Log } from "./mapping.ts";
import { RabbitMQSource } from "./rabbitmq-source.ts";
import { endpointOf, readSettings, type Settings } from "./settings.ts";
import type { Report, Source } from "./source.ts";
import { StatusFile, statusOf } from "./status.ts";

interface ServerlessInstance extends Serverless {
  service: Serverless["service"] & {
    service: string;
    custom?: Record<string, unknown>;
    provider: { stage: string };
  };
  serviceDir: string;
  pluginManager: { plugins: object[] };
}

/** The largest event Lambda accepts, as JSON. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const maxEventBytes = 6_291_456;

/** How long a stop waits for invocations in flight. */
const drainLimit = 5000;

/**
 * Serverless plugin: `kafka`, `msk` and `rabbitmq` events trigger functions under `sls offline` and `sls offline start`.
 * List it before serverless-offline, whose hooks block until the end.
 */
export default class EventSources {
  readonly hooks = {
    "offline:start:init": () => this.#start(),
    "before:offline:start:end": () => this.#stop(),
    // Bare `sls offline`: serverless-offline starts, ends and exits within this event.
    "offline:start": () => this.#startBare(),
  };

  readonly #serverless: ServerlessInstance;
  readonly #cliOptions: Record<string, unknown>;
  readonly #log: Log;
  #mappings: ActiveMapping[] = [];
  #invoker: Invoker | undefined;
  #status: StatusFile | undefined;

  constructor(serverless: ServerlessInstance, cliOptions: Record<string, unknown>, { log }: { log: Log }) {
    this.#serverless = serverless;
    this.#cliOptions = cliOptions;
    this.#log = log;
  }

  #start(): void {
    const { service, serviceDir } = this.#serverless;
    const settings = readSettings(service.custom?.eventSources);
    const mappings = readMappings({
      service: service.service,
      stage: String(this.#cliOptions.stage ?? service.provider.stage),
      functions: service.functions as Record<string, { events?: Record<string, unknown>[] }>,
    });
    const options: OfflineOptions = {
      ...(service.custom?.["serverless-offline"] as OfflineOptions | undefined),
      ...this.#cliOptions,
    };
    const enabled = mappings.filter((mapping) => mapping.enabled);
    const disabled = mappings.filter((mapping) => !mapping.enabled);
    const invoker = new Invoker(
      this.#serverless,
      options,
      new Set(enabled.map((mapping) => mapping.functionKey)),
    );
    this.#invoker = invoker;
    this.#mappings = enabled.map(
      (mapping) =>
        new ActiveMapping(
          mapping,
          (report) => open(mapping, settings, options, report),
          (event) => invoker.invoke(mapping.functionKey, event),
          this.#log,
        ),
    );
    this.#status = new StatusFile(resolve(serviceDir, settings.statusFile), () => [
      ...this.#mappings.map((mapping) => mapping.status),
      ...disabled.map(statusOf),
    ]);
  }

  #startBare(): void {
    this.#start();
    const offline = this.#serverless.pluginManager.plugins.find(
      (plugin) => plugin.constructor.name === "ServerlessOffline",
    ) as { end(skipExit?: boolean): Promise<void> } | undefined;
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

function open(
  mapping: Mapping,
  settings: Settings,
  { useInProcess }: OfflineOptions,
  report: Report,
): Source {
  const endpoint = endpointOf(mapping, settings, process.env);
  const common = { pausable: useInProcess === true, maxBytes: maxEventBytes };
  if (mapping.source !== "rabbitmq") {
    return new KafkaSource(mapping, { ...common, brokers: endpoint.split(",") }, report);
  }
  const credentials = settings.secrets[mapping.basicAuthArn];
  return new RabbitMQSource(
    mapping,
    { ...common, url: endpoint, ...(credentials && { credentials }) },
    report,
  );
}

import { resolve } from "node:path";
import {
  type ConfigSchemaHandler,
  extendSchema,
  patchTemplate,
  type Resource,
  refuseTwins,
} from "./cloudformation.ts";
import { type Mapping, readMappings } from "./definition.ts";
import type { Engine } from "./engine.ts";
import type { Invoker, OfflineOptions, Serverless } from "./invoke.ts";
import type { Log } from "./mapping.ts";
import { readSettings } from "./settings.ts";
import { watchCode } from "./watch-code.ts";

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
  classes: { Error: new (message: string, code: string) => Error };
  configSchemaHandler: ConfigSchemaHandler;
  pluginManager: { plugins: object[] };
  getProvider(name: string): { naming: { getNormalizedFunctionName(key: string): string } };
}

type CliOptions = OfflineOptions & { stage?: string; mapping?: string[]; resetOffsets?: boolean };

/** A function with an event source mapping may run for 14 minutes, though Lambda allows 15. */
const longestTimeout = 840;

const options = {
  mapping: {
    usage:
      "Run only these event source mappings: <function>, or <function>:<topic or queue>. Can be repeated.",
    type: "multiple",
  },
  resetOffsets: {
    usage: "Begin again at each Kafka mapping's starting position, whatever its group has committed.",
    type: "boolean",
  },
};

/**
 * Serverless plugin: `kafka`, `msk` and `rabbitmq` events trigger functions under `sls offline` and `sls offline start`.
 * List it before serverless-offline, whose hooks block until the end.
 */
export default class EventSources {
  readonly commands = { offline: { options, commands: { start: { options } } } };

  readonly hooks = {
    "after:package:compileEvents": () => this.#explained(async () => this.#patchTemplate()),
    "offline:start:init": () => this.#explained(() => this.#start()),
    "before:offline:start:end": () => this.#stop(),
    // A bundler has finished. What it writes to a folder of its own is watched there.
    "offline:functionsUpdated:cleanup": () => this.#location || this.#reload(),
    // Bare `sls offline`: serverless-offline starts, ends and exits within this event.
    "offline:start": () => this.#explained(() => this.#startBare()),
  };

  readonly #serverless: ServerlessInstance;
  readonly #cliOptions: CliOptions;
  readonly #log: Log;
  #engine: Engine | undefined;
  #invoker: Invoker | undefined;
  #unwatch: (() => void) | undefined;
  /** Where serverless-offline loads functions from, if not where they are written: a bundler's folder. */
  #location = "";

  constructor(serverless: ServerlessInstance, cliOptions: CliOptions, { log }: { log: Log }) {
    this.#serverless = serverless;
    this.#cliOptions = cliOptions;
    this.#log = log;
    extendSchema(serverless.configSchemaHandler);
  }

  /** What somebody wrote wrongly is said as the framework says it: in a sentence, without a stack. */
  async #explained(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const isSentence = error instanceof Error && error.constructor === Error;
      throw isSentence ? new this.#serverless.classes.Error(error.message, "EVENT_SOURCES_REFUSED") : error;
    }
  }

  #readMappings(): Mapping[] {
    const { service } = this.#serverless;
    const stage = this.#cliOptions.stage ?? service.provider.stage;
    const settings = readSettings(service.custom?.eventSources);
    const mappings = readMappings(
      { service: service.service, stage, functions: service.functions },
      settings,
    );
    refuseTwins(mappings);
    return mappings;
  }

  #patchTemplate(): void {
    // Refuses here what it would refuse offline.
    this.#readMappings();
    const { service } = this.#serverless;
    const { naming } = this.#serverless.getProvider("aws");
    patchTemplate(service.provider.compiledCloudFormationTemplate.Resources, service.functions, (key) =>
      naming.getNormalizedFunctionName(key),
    );
  }

  async #start(): Promise<void> {
    // Brokers' clients take long to load, and every command of the framework loads this file.
    const [{ Engine }, { Invoker, runsInThreads }, { default: runners }] = await Promise.all([
      import("./engine.ts"),
      import("./invoke.ts"),
      import("serverless-offline/lambda"),
    ]);
    const { service, serviceDir, config } = this.#serverless;
    const mappings = this.#readMappings();
    for (const mapping of mappings) this.#warn(mapping);
    const offline = service.custom?.["serverless-offline"] as OfflineOptions | undefined;
    const merged: OfflineOptions = { ...offline, ...this.#cliOptions };
    const invoker = new Invoker(
      runners,
      this.#serverless,
      merged,
      new Set(mappings.map(({ functionKey }) => functionKey)),
    );
    this.#invoker = invoker;
    this.#location = merged.location ?? "";
    this.#unwatch = watchCode(resolve(config.servicePath, this.#location), () => this.#reload());
    const { mapping: only, resetOffsets: reset = false } = this.#cliOptions;
    this.#engine = new Engine({
      mappings,
      settings: readSettings(service.custom?.eventSources),
      folder: serviceDir,
      ...(only !== undefined && { only }),
      invoke: (functionKey, payload) => invoker.invoke(functionKey, payload),
      functionArn: (functionKey) =>
        `arn:aws:lambda:${service.provider.region}:000000000000:function:${service.functions[functionKey]?.name}`,
      reset,
      pausable: merged.useInProcess === true,
      threads: runsInThreads(merged),
      log: this.#log,
    });
    await this.#engine.start();
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
    const limited = Number.isFinite(attempts) && destination === undefined;
    if (
      limited ||
      Number.isFinite(recordAge) ||
      bisect ||
      itemFailures ||
      destination?.startsWith("kafka://")
    ) {
      warn(`limited retries of ${mapping.topic} need provisionedPollerConfig on AWS`);
    }
  }

  async #startBare(): Promise<void> {
    await this.#start();
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

  /** The code has changed. What failed may be mended: it need not wait any longer. */
  #reload(): void {
    this.#invoker?.reload();
    this.#engine?.retryNow();
  }

  async #stop(): Promise<void> {
    this.#unwatch?.();
    await this.#engine?.stop();
    await this.#invoker?.close();
  }
}

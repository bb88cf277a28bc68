import inspector from "node:inspector";
import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { default as Lambda, LambdaFunction } from "serverless-offline/lambda";
import { type Answer, failureOf } from "./answer.ts";
import { type Environment, guardProcess, runGuarded } from "./guard.ts";
import type { Payload } from "./source.ts";

/** The parts of the Serverless instance that functions are run with. */
export interface Serverless {
  service: {
    provider: { runtime?: string; timeout?: number };
    functions: Record<string, FunctionDefinition>;
  };
  config: { servicePath: string };
}

interface FunctionDefinition {
  handler: string;
  runtime?: string;
  timeout?: number;
  environment?: Record<string, unknown>;
  package?: { artifact?: string };
}

export interface OfflineOptions {
  useInProcess?: boolean;
  useDocker?: boolean;
  noTimeout?: boolean;
  location?: string;
}

/** Whether functions in Node run in worker threads of this process. */
export const runsInThreads = ({ useInProcess, useDocker }: OfflineOptions): boolean =>
  !useInProcess && !useDocker;

const defaultTimeout = 6;

/** Runs functions with serverless-offline's own runners, in a pool apart from its HTTP functions. Never rejects. */
export class Invoker {
  readonly #serverless: Serverless;
  readonly #options: OfflineOptions;
  readonly #lambda: Lambda;
  readonly #environments = new WeakMap<LambdaFunction, Environment & { generation: number }>();
  readonly #unguard: () => void;
  /** Of the code. */
  #generation = 0;

  /**
   * @param runners serverless-offline's own; the project's copy, loaded when it is needed.
   * @param options of serverless-offline: its section in `custom`, then the command line.
   */
  constructor(
    runners: typeof Lambda,
    serverless: Serverless,
    options: OfflineOptions,
    functionKeys: Iterable<string>,
  ) {
    this.#serverless = serverless;
    this.#options = options;
    // Its timers are never cleared and would pile up for as long as the function's timeout; ours are. Its way to reload a
    // handler is a worker thread for each invocation; ours is one after each change of the code.
    this.#lambda = new runners(serverless, { ...options, noTimeout: true, reloadHandler: false });
    this.#unguard = guardProcess();
    this.#lambda.create(
      Array.from(functionKeys, (functionKey) => ({
        functionKey,
        functionDefinition: this.#definition(functionKey),
      })),
    );
  }

  async invoke(functionKey: string, { event, packed }: Payload): Promise<Answer> {
    // In one synchronous run: another `get` before `runHandler` would return the same instance.
    const instance = this.#lambda.get(functionKey);
    const environment = this.#environment(instance);
    if (environment.generation !== this.#generation || environment.lost) {
      environment.generation = this.#generation;
      environment.lost = false;
      void instance.cleanup();
    }
    instance.setEvent(packed !== undefined && this.#runsInWorker(functionKey) ? packed() : event());
    const answer = await runGuarded(environment, () => this.#run(functionKey, instance));
    if ("environmentLost" in answer) await instance.cleanup();
    return answer;
  }

  /** The code has changed: every worker is replaced before its next invocation. In process, modules stay loaded. */
  reload(): void {
    this.#generation += 1;
  }

  /** Ends every worker, busy or not. */
  async close(): Promise<void> {
    await this.#lambda.cleanup();
    this.#unguard();
  }

  async #run(functionKey: string, instance: LambdaFunction): Promise<Answer> {
    const { promise: timeout, resolve } = Promise.withResolvers<Answer>();
    const seconds =
      this.#function(functionKey).timeout ?? this.#serverless.service.provider.timeout ?? defaultTimeout;
    const failure = {
      type: "Sandbox.Timedout",
      message: `Task timed out after ${seconds.toFixed(2)} seconds`,
    };
    const expire = () => resolve({ failure, environmentLost: true });
    // At a breakpoint time stands still.
    const isTimeless = this.#options.noTimeout || inspector.url() !== undefined;
    const timer = isTimeless ? undefined : setTimeout(expire, seconds * 1000);
    const running = instance.runHandler().then(
      (result) => this.#answer(functionKey, result),
      (error): Answer => ({ failure: failureOf(error) }),
    );
    const answer = await Promise.race([running, timeout]);
    clearTimeout(timer);
    return answer;
  }

  #environment(instance: LambdaFunction): Environment & { generation: number } {
    const environment = this.#environments.get(instance) ?? { end: undefined, generation: this.#generation };
    this.#environments.set(instance, environment);
    return environment;
  }

  /** A worker answers for itself; any other runner's result becomes JSON here, as it would on its way out of Lambda. */
  #answer(functionKey: string, result: unknown): Answer {
    if (this.#runsInWorker(functionKey)) return result as Answer;
    try {
      return { payload: JSON.stringify(result) ?? null };
    } catch (error) {
      return { failure: failureOf(error) };
    }
  }

  #definition(functionKey: string): FunctionDefinition {
    const definition = this.#function(functionKey);
    if (!this.#runsInWorker(functionKey)) return definition;
    // The path is joined to the folder the code is in, which an artifact is unpacked to.
    const service = resolve(this.#serverless.config.servicePath, this.#options.location ?? "");
    const worker = fileURLToPath(new URL("./worker", import.meta.url));
    return {
      ...definition,
      handler: `${relative(service, worker)}.handler`,
      environment: { ...definition.environment, _HANDLER: definition.handler },
    };
  }

  #runsInWorker(functionKey: string): boolean {
    const definition = this.#function(functionKey);
    const runtime = definition.runtime ?? this.#serverless.service.provider.runtime ?? "nodejs";
    return runtime.startsWith("nodejs") && runsInThreads(this.#options);
  }

  #function(functionKey: string): FunctionDefinition {
    return this.#serverless.service.functions[functionKey] as FunctionDefinition;
  }
}

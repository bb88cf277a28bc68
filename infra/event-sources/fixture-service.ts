import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { KafkaEvent } from "../../events/envelope/kafka.ts";
import type { RabbitMQEvent } from "../../events/envelope/rabbitmq.ts";
import { freePorts } from "./fixture-ports.ts";
import type { MappingStatus } from "./status.ts";
import type { Template } from "./template.ts";

/** One invocation as the fixture's handler noted it. */
export interface Note {
  at: number;
  /** The behaviour it was told. */
  word: string;
  /** Of the handler. */
  version: number;
  /** Id of the thread it ran in. */
  thread: number;
  event: KafkaEvent & RabbitMQEvent;
}

export interface FunctionOptions {
  events: Record<string, unknown>[];
  /** What each invocation does in turn; see fixture-handler.ts. */
  behaviour?: string;
  /** Seconds. */
  timeout?: number;
}

export interface ServiceOptions {
  env: Record<string, string>;
  custom?: Record<string, object>;
  /** `offline start` unless told otherwise. */
  command?: string[];
  /** The plugin, if not the one beside this file; none: serverless-offline alone, which leaves the events be. */
  plugin?: string | "none";
  /** Further plugins, between that one and serverless-offline. */
  plugins?: string[];
}

const project = resolve(import.meta.dirname, "../..");
const bin = (name: string) => join(project, "node_modules/.bin", name);

/** Where the framework keeps what it has compiled: for all services, else each start does it anew. */
const home = join(project, "node_modules/.cache/event-sources");
mkdirSync(home, { recursive: true });

/** Runs the framework's command with the project's Node. */
export const slsArguments: [program: string, ...before: string[]] = [bin("node"), bin("sls")];

/** A service of its own in a folder of its own, run by the real `sls offline`. */
export class FixtureService implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "event-sources-"));
  readonly name = `fixture${randomUUID().slice(0, 8)}`;
  readonly #options: ServiceOptions;
  readonly #functions: Record<string, FunctionOptions> = {};
  readonly #before: (() => Promise<unknown>)[] = [];
  #process: ChildProcess | undefined;
  output = "";
  /** Of Lambda's Invoke API. */
  endpoint = "";

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  /** @param before what must exist before the service starts. */
  function(options: FunctionOptions, before: () => Promise<unknown>): FixtureFunction {
    const name = `probe${Object.keys(this.#functions).length + 1}`;
    this.#functions[name] = options;
    this.#before.push(before);
    return new FixtureFunction(this, name);
  }

  async start(): Promise<this> {
    await Promise.all(this.#before.splice(0).map((before) => before()));
    if (this.endpoint === "") await this.write();
    const [program, ...before] = slsArguments;
    const child = spawn(program, [...before, ...(this.#options.command ?? ["offline", "start"])], {
      cwd: this.folder,
      env: { PATH: process.env.PATH, HOME: home, SLS_TELEMETRY_DISABLED: "1", ...this.#options.env },
    });
    const append = (chunk: Buffer) => {
      this.output += chunk;
    };
    child.stdout.on("data", append);
    child.stderr.on("data", append);
    this.#process = child;
    return this;
  }

  get pid(): number {
    return this.#process?.pid as number;
  }

  get running(): boolean {
    return this.#process?.exitCode === null && this.#process.signalCode === null;
  }

  /** Resolves with the exit code, or the signal's name. */
  async stop(signal: NodeJS.Signals = "SIGINT"): Promise<number | string | null> {
    const child = this.#process;
    if (child === undefined) return null;
    if (this.running) {
      child.kill(signal);
      await once(child, "exit");
    }
    return child.exitCode ?? child.signalCode;
  }

  /** The exit code, once it has ended by itself. */
  async exited(): Promise<number | null> {
    const child = this.#process;
    if (child !== undefined && this.running) await once(child, "exit");
    return child?.exitCode ?? null;
  }

  /** What `sls package` made. */
  template(): Template {
    return JSON.parse(
      readFileSync(join(this.folder, ".serverless/cloudformation-template-update-stack.json"), "utf8"),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The folder's content; `start` does it otherwise. */
  async write(): Promise<void> {
    const write = (name: string, content: string) => writeFileSync(join(this.folder, name), content);
    const [httpPort, lambdaPort, websocketPort, albPort] = await freePorts(4);
    this.endpoint = `http://127.0.0.1:${lambdaPort}`;
    const { "serverless-offline": offline, ...custom } = this.#options.custom ?? {};
    const { plugin = "./plugin.ts", plugins = [] } = this.#options;
    // `sls invoke local` knows only JavaScript.
    write(
      "handler.js",
      stripTypeScriptTypes(readFileSync(join(import.meta.dirname, "fixture-handler.ts"), "utf8")),
    );
    write("package.json", '{"type": "module"}');
    write(
      "plugin.ts",
      `export { default } from ${JSON.stringify(resolve(import.meta.dirname, "plugin.ts"))};\n`,
    );
    const functions: Record<string, object> = {};
    for (const [name, { behaviour = "", timeout = 30, events }] of Object.entries(this.#functions)) {
      write(`${name}.behaviour`, behaviour === "" ? "" : behaviour.replaceAll(" ", "\n").concat("\n"));
      functions[name] = { handler: "handler.handler", timeout, events };
    }
    const service = {
      service: this.name,
      plugins: [...(plugin === "none" ? [] : [plugin]), ...plugins, "serverless-offline"],
      provider: { name: "aws", runtime: "nodejs24.x", environment: { FIXTURE_FOLDER: this.folder } },
      custom: {
        "serverless-offline": {
          noSponsor: true,
          host: "127.0.0.1",
          httpPort,
          lambdaPort,
          websocketPort,
          albPort,
          ...offline,
        },
        ...custom,
      },
      functions,
    };
    // JSON is YAML.
    write("serverless.yml", JSON.stringify(service, null, 2));
  }
}

/** What one function of a service has done so far. */
export class FixtureFunction {
  readonly name: string;
  readonly #service: FixtureService;

  constructor(service: FixtureService, name: string) {
    this.#service = service;
    this.name = name;
  }

  /** Every invocation so far. */
  notes(): Note[] {
    return this.#lines("notes").map((line) => JSON.parse(line));
  }

  /** Behaviours that ran to their end. */
  done(): string[] {
    return this.#lines("done");
  }

  /** How the status file shows its mapping. */
  status(): MappingStatus | undefined {
    const path = join(this.#service.folder, ".sluice/event-sources.json");
    if (!existsSync(path)) return undefined;
    const { mappings } = JSON.parse(readFileSync(path, "utf8")) as { mappings: MappingStatus[] };
    return mappings.find((mapping) => mapping.function === this.name);
  }

  /** What the plugin printed about it, one line each. */
  lines(): string[] {
    return this.#service.output.split("\n").filter((line) => line.includes(`event-sources: ${this.name} `));
  }

  /** What the plugin wrote instead of reaching an on-failure destination. */
  failures(): Record<string, unknown>[] {
    const path = join(this.#service.folder, ".sluice/on-failure.jsonl");
    const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
    const all = lines.map((line) => JSON.parse(line) as { requestContext: { functionArn: string } });
    return all.filter(({ requestContext }) => requestContext.functionArn.endsWith(`-${this.name}`));
  }

  /** Waits until something holds; fails with what the service printed. */
  async until(what: string, holds: () => boolean, limit = 45_000): Promise<void> {
    for (const end = Date.now() + limit; !holds(); await sleep(20)) {
      if (Date.now() < end) continue;
      throw new Error(
        `${this.name}: no ${what} within ${limit} ms. The service printed:\n${this.#service.output}`,
      );
    }
  }

  #lines(kind: string): string[] {
    const path = join(this.#service.folder, `${this.name}.${kind}`);
    return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
  }
}

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";
import { readMappings, type Service } from "./definition.ts";
import { Engine } from "./engine.ts";
import { LambdaApi } from "./lambda-api.ts";
import type { Log } from "./mapping.ts";
import { readSettings } from "./settings.ts";
import { serviceOfTemplate, type Template } from "./template.ts";

export interface StandaloneOptions {
  /** A serverless.yml, a CloudFormation template, or a file of the first's `functions` and `custom.eventSources` alone. */
  config: string;
  /** Of Lambda's Invoke API. */
  endpoint: string;
  /** Names of mappings; all without. */
  only?: string[];
  /** Kafka's consumer groups begin again at their starting positions. */
  reset?: boolean;
  log: Log;
}

interface Configuration {
  service: Service;
  /** From a function's key to the name it is invoked by. */
  names: Map<string, string>;
  /** `custom.eventSources`. */
  settings: unknown;
}

/**
 * Event source mappings without serverless-offline: polls the brokers and invokes through the Lambda API of any emulator.
 * @throws when there is nothing to poll.
 */
export async function startStandalone({
  config,
  endpoint,
  only,
  reset = false,
  log,
}: StandaloneOptions): Promise<() => Promise<void>> {
  if (!/^https?:$/.test(URL.parse(endpoint)?.protocol ?? ""))
    throw new Error(`The endpoint ${endpoint} is no address: use http://host:port.`);
  const { service, names, settings } = await readConfiguration(config);
  const read = readSettings(settings);
  const stopping = new AbortController();
  const api = new LambdaApi(endpoint, stopping.signal, (line) => log.warning(`event-sources: ${line}`));
  const nameOf = (functionKey: string) => names.get(functionKey) ?? functionKey;
  const mappings = readMappings(service, read);
  if (mappings.length === 0) throw new Error(`${config} has no kafka, msk or rabbitmq event.`);
  const engine = new Engine({
    mappings,
    settings: read,
    folder: dirname(resolve(config)),
    ...(only !== undefined && { only }),
    invoke: (functionKey, payload) => api.invoke(nameOf(functionKey), payload.event()),
    functionArn: (functionKey) => `arn:aws:lambda:us-east-1:000000000000:function:${nameOf(functionKey)}`,
    reset,
    pausable: false,
    threads: false,
    log,
  });
  await engine.start();
  if (!engine.polls) throw new Error(`No mapping of ${config} is enabled and knows its broker.`);
  return async () => {
    const stopped = engine.stop();
    stopping.abort();
    await stopped;
  };
}

async function readConfiguration(path: string): Promise<Configuration> {
  const text = await readFile(path, "utf8");
  const document = parseYaml(path, text);
  if (typeof document?.Resources === "object") {
    return { ...serviceOfTemplate(document as unknown as Template), settings: undefined };
  }
  if (typeof document?.functions !== "object") {
    throw new Error(
      `${path} has neither functions, as serverless.yml, nor Resources, as a CloudFormation template.`,
    );
  }
  return ofServerless(
    (text.includes("${") ? await resolveVariables(path) : document) as unknown as ServerlessFile,
  );
}

function parseYaml(path: string, text: string): Record<string, unknown> {
  try {
    // CloudFormation's short forms (`!GetAtt`) are read as what follows them; they would be warned of.
    return parse(text, { logLevel: "error" });
  } catch (error) {
    throw new Error(`${path} is no YAML: ${(error as Error).message}`);
  }
}

interface ServerlessFile {
  service?: string;
  provider?: { stage?: string };
  custom?: { eventSources?: unknown };
  functions: Record<string, { name?: string; events?: Record<string, unknown>[] }>;
}

function ofServerless({ service = "service", provider, custom, functions }: ServerlessFile): Configuration {
  const stage = provider?.stage ?? "dev";
  const names = Object.entries(functions).map(([key, { name }]): [string, string] => [
    key,
    name ?? `${service}-${stage}-${key}`,
  ]);
  return { service: { service, stage, functions }, names: new Map(names), settings: custom?.eventSources };
}

/** Variables are the framework's matter: it prints the file with all of them resolved. */
async function resolveVariables(path: string): Promise<unknown> {
  const folder = dirname(resolve(path));
  const framework = findFramework(folder);
  if (framework === undefined)
    throw new Error(`${path} has variables: they need the framework, in a node_modules beside it or above.`);
  const args = [framework, "print", "--format", "json", "--config", basename(path)];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: folder,
    maxBuffer: 1 << 26,
  }).catch(({ stdout, stderr, message }) => {
    throw new Error(`${path}: ${`${stdout ?? ""}${stderr ?? ""}`.trim() || message}`);
  });
  return JSON.parse(stdout.slice(stdout.indexOf("{")));
}

function findFramework(folder: string): string | undefined {
  try {
    return createRequire(join(folder, "serverless.yml")).resolve("serverless/bin/serverless.js");
  } catch {
    return undefined;
  }
}

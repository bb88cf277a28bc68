import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePorts } from "../event-sources/fixture-ports.ts";
import { projectRoot } from "../settings.ts";
import { nodeOptions } from "../stack/functions.ts";
import type { BenchOptions } from "./bench.ts";
import { openFolder } from "./services.ts";

/** `sls offline` at work on one function. */
export interface Offline {
  pid: number;
  /** Where its HTTP API is, if it has one. */
  url: string;
  /** Resolves with the time (`performance.now()`) at which it printed this; rejects when it ends before. */
  printed(text: string): Promise<number>;
  stop(): Promise<void>;
}

export interface OfflineFunction {
  /** A file in `infra/bench/subjects`. */
  name: string;
  events: Record<string, unknown>[];
  env: Record<string, string>;
  /** Functions run in the process that polls, instead of worker threads. */
  inProcess: boolean;
  eventSources?: object;
}

/** A Kafka event as `serverless.yml` has it: from the topic's first record on, batches as large as AWS lets them be. */
export const kafkaEvent = (
  bootstrapServers: string[],
  topic: string,
  consumerGroupId: string,
  more = {},
) => ({
  kafka: {
    bootstrapServers,
    accessConfigurations: { vpcSubnet: "subnet-0", vpcSecurityGroup: "sg-0" },
    topic,
    consumerGroupId,
    batchSize: 10_000,
    startingPosition: "TRIM_HORIZON",
    ...more,
  },
});

/** A service of its own with the real plugin under the real `sls offline`, started as `sluice up` starts it. */
export async function runOffline(
  { cleanup }: Pick<BenchOptions, "cleanup">,
  { name, events, env, inProcess, eventSources }: OfflineFunction,
): Promise<Offline> {
  const folder = await openFolder({ cleanup });
  const [httpPort, lambdaPort, websocketPort, albPort] = await freePorts(4);
  const reexport = (what: string, path: string) =>
    `export { ${what} } from ${JSON.stringify(join(projectRoot, path))};\n`;
  const service = {
    service: "bench",
    plugins: ["./plugin.ts", "serverless-offline"],
    provider: { name: "aws", runtime: "nodejs24.x", timeout: 60, environment: env },
    custom: {
      "serverless-offline": {
        noSponsor: true,
        host: "127.0.0.1",
        httpPort,
        lambdaPort,
        websocketPort,
        albPort,
        useInProcess: inProcess,
      },
      ...(eventSources && { eventSources }),
    },
    functions: { [name]: { handler: "handler.handler", events } },
  };
  await writeFile(join(folder, "package.json"), '{"type": "module"}');
  await writeFile(join(folder, "handler.js"), reexport("handler", `infra/bench/subjects/${name}.ts`));
  await writeFile(join(folder, "plugin.ts"), reexport("default", "infra/event-sources/plugin.ts"));
  await writeFile(join(folder, "serverless.yml"), JSON.stringify(service)); // JSON is YAML.

  const args = [...nodeOptions, join(projectRoot, "node_modules/.bin/sls"), "offline", "start"];
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, SLS_TELEMETRY_DISABLED: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let ended = false;
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of listeners) listener();
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output = (output + chunk).slice(-20_000);
      tell();
    });
  }
  child.once("exit", () => {
    ended = true;
    tell();
  });
  const stop = async () => {
    if (ended) return;
    const exited = once(child, "exit");
    child.kill("SIGINT");
    const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await exited;
    clearTimeout(late);
  };
  cleanup.defer(stop);
  return {
    pid: child.pid as number,
    url: `http://127.0.0.1:${httpPort}`,
    stop,
    printed: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (output.includes(text)) resolve(performance.now());
          else if (ended) reject(new Error(`sls offline ended: ${output.slice(-2000)}`));
          else return;
          listeners.delete(look);
        };
        listeners.add(look);
        look();
      }),
  };
}

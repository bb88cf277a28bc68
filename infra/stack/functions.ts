import { rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { projectRoot } from "../settings.ts";
import { mappingsFile, readMappings } from "./mappings.ts";
import type { Service } from "./service.ts";

/**
 * For Node: batches of ten thousand records live until they are stored, and copying them again and again within a small young
 * generation was a sixth of all CPU.
 */
export const nodeOptions = ["--max-semi-space-size=128"];

/** The functions with their triggers and their HTTP API: `sls offline start` on the `serverless.yml` of the project. */
export const functions: Service = {
  name: "functions",
  ports: ["HTTP_PORT", "LAMBDA_PORT"],
  secrets: ["SLUICE_READ_KEY", "SLUICE_WRITE_KEY"],
  address: (settings) => ({ url: `http://127.0.0.1:${settings.HTTP_PORT}` }),
  missing: () => undefined,
  async prepare({ settings }) {
    rmSync(mappingsFile(settings), { force: true });
    const bin = join(projectRoot, "node_modules", ".bin");
    return {
      command: process.execPath,
      args: [
        ...nodeOptions,
        join(projectRoot, "node_modules/serverless/bin/serverless.js"),
        "offline",
        "start",
        ...settings.SLUICE_MAPPINGS.split(",")
          .filter(Boolean)
          .flatMap((name) => ["--mapping", name.trim()]),
      ],
      env: {
        PATH: `${bin}${delimiter}${process.env.PATH}`,
        SLUICE_HOME: settings.home,
        HTTP_PORT: String(settings.HTTP_PORT),
        LAMBDA_PORT: String(settings.LAMBDA_PORT),
        CLICKHOUSE_URL: settings.clickhouseUrl,
        KAFKA_BROKERS: settings.brokers.join(","),
        RABBITMQ_URL: settings.rabbitmqUrl,
        RABBITMQ_DEFAULT_PASS: settings.RABBITMQ_DEFAULT_PASS,
        CLICKHOUSE_PASSWORD: settings.CLICKHOUSE_PASSWORD,
        CLICKHOUSE_READER_PASSWORD: settings.CLICKHOUSE_READER_PASSWORD,
        SLUICE_READ_KEY: settings.SLUICE_READ_KEY,
        SLUICE_WRITE_KEY: settings.SLUICE_WRITE_KEY,
      },
    };
  },
  async probe(settings) {
    const url = `http://127.0.0.1:${settings.HTTP_PORT}/health/live`;
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    if (!response.ok) throw new Error(`${url} answers ${response.status}`);
    if (readMappings(settings) === undefined)
      throw new Error(`no event source mapping has reported to ${mappingsFile(settings)}`);
  },
  elsewhere: (settings) => readMappings(settings)?.pid,
  stopSeconds: 35,
  /** Its bundles lie in the project, where Node finds what they import. */
  clean: ({ HTTP_PORT }) =>
    rm(join(projectRoot, ".esbuild", String(HTTP_PORT)), { recursive: true, force: true }),
};

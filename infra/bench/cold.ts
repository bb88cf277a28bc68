import { execFile } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import pageBundle from "../page-bundle.ts";
import { projectRoot } from "../settings.ts";
import type { Bench } from "./bench.ts";
import { figure } from "./figure.ts";
import { openFolder } from "./services.ts";
import { interleave, median } from "./statistics.ts";

/** What a bundle may have, and how long it may take to load: goals of ours, there is no peer. */
const goal = { kib: 1024, ms: 100 };

/** What an execution environment loads before its first event. */
export const cold: Bench = {
  name: "cold",
  summary: "size and import time of each function's bundle; held against our goals of 1 MiB and 100 ms",
  async *run(options) {
    const { rounds = 9, progress } = options;
    const folder = await openFolder(options);
    const functions = join(projectRoot, "functions");
    const names = readdirSync(functions).filter((name) => name !== "lib");
    progress(`bundling ${names.length} functions`);
    const files = Object.fromEntries(names.map((name) => [name, join(folder, `${name}.mjs`)]));
    for (const [name, outfile] of Object.entries(files)) {
      // As serverless.yml tells serverless-esbuild.
      const js =
        "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
      await build({
        entryPoints: [join(functions, name, "handler.ts")],
        outfile,
        bundle: true,
        minifyWhitespace: true,
        minifySyntax: true,
        platform: "node",
        target: "node24",
        format: "esm",
        banner: { js },
        plugins: pageBundle,
        logLevel: "silent",
      });
    }
    const times = await interleave(
      rounds,
      Object.fromEntries(Object.entries(files).map(([name, file]) => [name, () => importTime(file)])),
    );
    for (const [name, file] of Object.entries(files)) {
      yield figure("cold", `${name}, bundle`, statSync(file).size / 1024, goal.kib, "KiB");
      yield figure("cold", `${name}, import`, median(times[name] ?? []), goal.ms, "ms");
    }
  },
};

const script = `
  const before = performance.now();
  await import(process.argv[1]);
  process.stdout.write(String(performance.now() - before));
  process.exit();`;

/** In a process of its own, after Node itself has started. */
async function importTime(file: string): Promise<number> {
  const env = {
    ...process.env,
    CLICKHOUSE_URL: "http://127.0.0.1:1",
    CLICKHOUSE_PASSWORD: "nobody",
    CLICKHOUSE_READER_PASSWORD: "nobody",
    KAFKA_BROKERS: "127.0.0.1:1",
    GITHUB_WEBHOOK_SECRET: "nobody",
    SLUICE_READ_KEY: "nobody",
    SLUICE_WRITE_KEY: "nobody",
  };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "-e", script, file],
    { env },
  );
  return Number(stdout);
}

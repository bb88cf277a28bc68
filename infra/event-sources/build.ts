/**
 * Makes the package `serverless-offline-event-sources`: `node infra/event-sources/build.ts <folder>`. All it needs is in
 * it, but for serverless-offline, whose copy must be the project's own.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";

const project = resolve(import.meta.dirname, "../..");
const ours = (path: string) => join(project, path);

export async function buildPackage(folder: string): Promise<void> {
  const { version, license } = JSON.parse(readFileSync(ours("package.json"), "utf8"));
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: {
      index: ours("infra/event-sources/plugin.ts"),
      worker: ours("infra/event-sources/worker.ts"),
      main: ours("infra/event-sources/main.ts"),
      kafka: ours("events/envelope/kafka.ts"),
      rabbitmq: ours("events/envelope/rabbitmq.ts"),
    },
    outdir: folder,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    // Its own module reads a file beside itself; this one carries it.
    alias: { "@platformatic/wasm-utils": ours("node_modules/@platformatic/wasm-utils/dist/bundled.js") },
    external: ["serverless-offline"],
    banner: {
      js: 'import { createRequire as createRequireOfBundle } from "node:module"; const require = createRequireOfBundle(import.meta.url);',
    },
    logLevel: "error",
  });
  chmodSync(join(folder, "main.js"), 0o755);
  const envelopes = ["events/envelope/kafka.ts", "events/envelope/rabbitmq.ts"].map(ours);
  const declarations = ["--declaration", "--emitDeclarationOnly", "--noEmit", "false", "--outDir", folder];
  const language = [
    "--ignoreConfig",
    "--target",
    "es2024",
    "--module",
    "nodenext",
    "--types",
    "node",
    "--rewriteRelativeImportExtensions",
  ];
  execFileSync(ours("node_modules/.bin/tsc"), [...declarations, ...language, ...envelopes], {
    cwd: project,
    stdio: "pipe",
  });
  writeFileSync(join(folder, "index.d.ts"), declaration);
  const entry = (name: string) => ({ types: `./${name}.d.ts`, default: `./${name}.js` });
  const description = "kafka, msk and rabbitmq events trigger functions under serverless-offline, as on AWS.";
  const manifest = {
    name: "serverless-offline-event-sources",
    version,
    description,
    license,
    type: "module",
    engines: { node: ">=24" },
    exports: {
      ".": entry("index"),
      "./kafka": entry("kafka"),
      "./rabbitmq": entry("rabbitmq"),
    },
    bin: { "event-sources": "main.js" },
    peerDependencies: { "serverless-offline": "^14.8.2" },
  };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  cpSync(join(import.meta.dirname, "README.md"), join(folder, "README.md"));
  cpSync(ours("LICENSE"), join(folder, "LICENSE"));
}

/** The framework makes it; nobody else calls anything of it. */
const declaration = `/** Serverless plugin; list it before serverless-offline. */
export default class EventSources {
  constructor(serverless: object, cliOptions: object, utilities: { log: object });
}
`;

if (process.argv[1] === import.meta.filename) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new Error("Usage: node infra/event-sources/build.ts <folder>");
  await buildPackage(resolve(folder));
}

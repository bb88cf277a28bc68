/** Makes the SDK for a site or a program that is not this one: `node infra/sdk/build.ts <folder>`. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";

const here = import.meta.dirname;
const entries = ["analytics", "spool", "file-spool"];

/** `analytics.js` and `spool.js` for browsers and Node, `file-spool.js` for Node, each with its types. */
export async function buildSdk(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: entries.map((name) => join(here, `${name}.ts`)),
    outdir: folder,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    external: ["node:*"],
    logLevel: "error",
  });
  const project = resolve(here, "../..");
  const declarations = [
    "--declaration",
    "--emitDeclarationOnly",
    "--allowImportingTsExtensions",
    "--noEmit",
    "false",
    "--outDir",
    folder,
  ];
  const language = [
    "--ignoreConfig",
    "--target",
    "es2024",
    "--module",
    "nodenext",
    "--types",
    "node",
    "--lib",
    "es2024,dom",
  ];
  execFileSync(
    join(project, "node_modules/.bin/tsc"),
    [...declarations, ...language, ...entries.map((name) => join(here, `${name}.ts`))],
    { cwd: project, stdio: "pipe" },
  );
  // The compiler leaves the extensions of imports in declarations as they are, and finds none of these under them.
  for (const name of readdirSync(folder).filter((one) => one.endsWith(".d.ts"))) {
    const types = readFileSync(join(folder, name), "utf8");
    writeFileSync(join(folder, name), types.replace(/from "(\.\/[\w-]+)\.ts"/g, 'from "$1.js"'));
  }
}

if (process.argv[1] === import.meta.filename) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new Error("Usage: node infra/sdk/build.ts <folder>");
  await buildSdk(resolve(folder));
}

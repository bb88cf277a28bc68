#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

// Plain JavaScript: a Node too old to read cli.ts can still say so. npm's node_modules/.bin comes first in npx and in
// npm scripts, and holds the Node of our optional dependencies where there is one for the platform.
const [major] = process.versions.node.split(".");
if (Number(major) < 24) {
  console.error(
    `sluice needs Node 24 or newer, and this is ${process.versions.node} (${process.execPath}): install one from https://nodejs.org/en/download.`,
  );
  process.exit(1);
}
// Types are stripped and code is compiled once, not at each start: of this process and of the services it starts.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(
  new URL("../node_modules/.cache/node-compile-cache", import.meta.url),
);
enableCompileCache();
await import("./cli.ts");

#!/usr/bin/env node
// Plain JavaScript: a Node too old to read cli.ts can still say so. npm's node_modules/.bin comes first in npx and in
// npm scripts, and holds the Node of our optional dependencies where there is one for the platform.
const [major] = process.versions.node.split(".");
if (Number(major) < 24) {
  console.error(
    `sluice needs Node 24 or newer, and this is ${process.versions.node} (${process.execPath}): install one from https://nodejs.org/en/download.`,
  );
  process.exit(1);
}
await import("./cli.ts");

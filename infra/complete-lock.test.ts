import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectRoot } from "./settings.ts";

test("the lock names every optional package of every platform, so `npm ci` accepts it", () => {
  const { packages } = JSON.parse(readFileSync(join(projectRoot, "package-lock.json"), "utf8"));
  const known = new Set(Object.keys(packages).map((location) => location.split("node_modules/").at(-1)));
  const wanted = Object.values(
    packages as Record<string, { optionalDependencies?: Record<string, string> }>,
  ).flatMap(({ optionalDependencies = {} }) => Object.entries(optionalDependencies));
  const missing = wanted
    .filter(([name, version]) => /^\d/.test(version) && !known.has(name))
    .map(([name]) => name);
  expect(missing, "run `npm run lock`").toEqual([]);
});

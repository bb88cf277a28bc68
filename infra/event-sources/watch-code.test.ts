import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { watchCode } from "./watch-code.ts";

let folder: string;
let changes: number;
let stop: () => void;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "watch-code-"));
  for (const name of ["src/deep", "node_modules/x", ".hidden"])
    mkdirSync(join(folder, name), { recursive: true });
  changes = 0;
  stop = watchCode(folder, () => {
    changes += 1;
  });
});

afterEach(() => {
  stop();
  rmSync(folder, { recursive: true });
});

const write = (name: string) => writeFileSync(join(folder, name), "1");
const once = () => expect.poll(() => changes).toBe(1);

test("several changed files are told as one change", async () => {
  write("a.ts");
  write("src/deep/b.mjs");
  await once();
});

test("a folder made later is watched too", async () => {
  mkdirSync(join(folder, "src/new"));
  await sleep(50);
  write("src/new/a.js");
  await once();
});

test("other files, packages and hidden folders are left out", async () => {
  for (const name of ["a.log", "node_modules/x/a.js", ".hidden/a.js"]) write(name);
  await sleep(150);
  expect(changes).toBe(0);
});

test("a folder that does not exist is nothing to watch", () => {
  expect(() => watchCode(join(folder, "nowhere"), () => {})()).not.toThrow();
});

import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { SharedClasses } from "./shared-classes.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-classes-"));
});
afterEach(() => rm(folder, { recursive: true }));

const fileOf = (options: string[]) => (options[0] as string).split("=")[1] as string;
const keep = (classes: SharedClasses) => classes.keepThoseOf((options) => writeFile(fileOf(options), ""));

it("are kept by the first JVM and used by those after it", async () => {
  const classes = new SharedClasses(process.execPath, folder);
  expect(classes.options).toEqual([]);
  await keep(classes);
  const [name] = await readdir(folder);
  expect(classes.options).toEqual([`-XX:SharedArchiveFile=${join(folder, name as string)}`]);
  await classes.keepThoseOf(async (options) => expect(options).toEqual(classes.options));
});

it("are never those of a JVM that failed, nor of another Java", async () => {
  const classes = new SharedClasses(process.execPath, folder);
  const failing = classes.keepThoseOf(async (options) => {
    await writeFile(fileOf(options), "half");
    throw new Error("ended with 1");
  });
  await expect(failing).rejects.toThrow("ended with 1");
  expect(classes.options).toEqual([]);
  expect(await readdir(folder)).toEqual([]);
  await keep(classes);
  expect(new SharedClasses("/bin/sh", folder).options).toEqual([]);
});

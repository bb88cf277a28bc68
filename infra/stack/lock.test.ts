import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loadSettings, type Settings } from "../settings.ts";
import { lockHolder, takeLock } from "./lock.ts";

let settings: Settings;
let file: string;
beforeEach(() => {
  settings = loadSettings({ SLUICE_HOME: mkdtempSync(join(tmpdir(), "sluice-lock-")) });
  mkdirSync(join(settings.home, "run"));
  file = join(settings.home, "run", "lock");
});
afterEach(() => rmSync(settings.home, { recursive: true, force: true }));

const never = new AbortController().signal;
const nobodyWaits = () => expect.unreachable("nothing to wait for");

it("is held until it is given back, and leaves no file", async () => {
  const release = await takeLock(settings, nobodyWaits, never);
  expect(lockHolder(settings)?.pid).toBe(process.pid);
  release();
  expect(lockHolder(settings)).toBeUndefined();
  expect(readdirSync(join(settings.home, "run"))).toEqual([]);
});

it("makes the second wait for the first, and tells it whom it waits for", async () => {
  const release = await takeLock(settings, nobodyWaits, never);
  const order: string[] = [];
  const second = takeLock(settings, ({ pid }) => order.push(`waits for ${pid}`), never);
  setTimeout(() => {
    order.push("first ends");
    release();
  }, 300);
  (await second)();
  expect(order).toEqual([`waits for ${process.pid}`, "first ends"]);
});

it("stops waiting when it is given up", async () => {
  const release = await takeLock(settings, nobodyWaits, never);
  await expect(takeLock(settings, () => {}, AbortSignal.timeout(50))).rejects.toThrow(/abort/i);
  expect(lockHolder(settings)?.pid).toBe(process.pid);
  release();
});

it.each([
  ["of a process that is gone", JSON.stringify({ pid: 4194303, startedAt: "1" })],
  ["whose process id somebody else has now", JSON.stringify({ pid: process.pid, startedAt: "1" })],
  ["that was cut short", '{"pid":'],
])("takes over a lock %s", async (_, text) => {
  writeFileSync(file, text);
  const release = await takeLock(settings, nobodyWaits, never);
  expect(lockHolder(settings)?.pid).toBe(process.pid);
  release();
  expect(readdirSync(join(settings.home, "run"))).toEqual([]);
});

import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loadSettings, type Settings } from "../settings.ts";
import { disown, forgetRun, readRun, writeRun } from "./record.ts";

let settings: Settings;
beforeEach(() => {
  settings = loadSettings({ SLUICE_HOME: mkdtempSync(join(tmpdir(), "sluice-record-")) });
});
afterEach(() => rmSync(settings.home, { recursive: true, force: true }));

const run = { pid: 4711, startedAt: "1", since: "2026-01-01T00:00:00.000Z", owner: "an-up" };

it("reads back what was written, readable by this user only", () => {
  writeRun(settings, "kafka", run);
  expect(readRun(settings, "kafka")).toEqual(run);
  expect(statSync(join(settings.home, "run", "kafka.json")).mode & 0o777).toBe(0o600);
});

it("has no record of what was never started or was stopped", () => {
  expect(readRun(settings, "kafka")).toBeUndefined();
  writeRun(settings, "kafka", run);
  forgetRun(settings, "kafka");
  expect(readRun(settings, "kafka")).toBeUndefined();
});

it.each(["", "{", "4711", '{"pid":-1}', '{"pid":1}'])("calls a record of `%s` corrupt", (text) => {
  writeRun(settings, "kafka", run);
  writeFileSync(join(settings.home, "run", "kafka.json"), text);
  expect(readRun(settings, "kafka")).toBe("corrupt");
});

it("lets stay what an up started, and leaves what others own", () => {
  writeRun(settings, "kafka", run);
  writeRun(settings, "rabbitmq", { ...run, owner: "another" });
  disown(settings, "an-up");
  expect(readRun(settings, "kafka")).toEqual({ ...run, owner: undefined });
  expect(readRun(settings, "rabbitmq")).toMatchObject({ owner: "another" });
});

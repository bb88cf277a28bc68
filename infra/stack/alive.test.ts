import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { findByEnvironment, isAlive, startedAt } from "./alive.ts";

const began = startedAt(process.pid) ?? "";

it("knows a process by its id and its start", () => {
  expect(isAlive({ pid: process.pid, startedAt: began })).toBe(true);
});

it("takes a process that was given a used id for another one", () => {
  expect(isAlive({ pid: process.pid, startedAt: `${began}1` })).toBe(false);
});

it("counts a process that has ended and was not yet waited for as gone", async () => {
  const child = spawn("/bin/sh", ["-c", "exec sleep 60"], { detached: true });
  const id = { pid: child.pid ?? 0, startedAt: startedAt(child.pid ?? 0) ?? "" };
  expect(isAlive(id)).toBe(true);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(isAlive(id)).toBe(false);
});

it.runIf(process.platform === "linux")(
  "finds what bears all the marks, and nothing that bears some",
  async () => {
    const marks = { SLUICE_TEST_A: String(process.pid), SLUICE_TEST_B: "b" };
    const start = (env: NodeJS.ProcessEnv) =>
      spawn("/bin/sleep", ["60"], { env: { ...process.env, ...env } });
    const [all, some] = [start(marks), start({ SLUICE_TEST_A: marks.SLUICE_TEST_A })];
    await Promise.all([once(all, "spawn"), once(some, "spawn")]);
    expect(findByEnvironment(marks)).toEqual([all.pid]);
    all.kill();
    some.kill();
  },
);

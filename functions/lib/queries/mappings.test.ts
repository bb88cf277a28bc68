import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { ask } from "../ask.ts";
import { eventSourceMappings, readStatus } from "./mappings.ts";

const mappings = [
  {
    function: "storeShadow",
    source: "kafka",
    topic: "shadow",
    group: "g",
    state: "retrying",
    lag: 12,
    error: "ClickHouse is away",
  },
  { function: "indexChat", source: "rabbitmq", queue: "chat.clickhouse", state: "polling", lag: 0 },
];
const written = (pid: number) => JSON.stringify({ pid, time: "2026-01-01T00:00:00.000Z", mappings });

test("mappings are told by function, with why one is retrying", () => {
  expect(readStatus(written(process.pid))).toEqual([
    {
      function: "indexChat",
      source: "rabbitmq",
      from: "chat.clickhouse",
      state: "polling",
      lag: 0,
      error: null,
    },
    {
      function: "storeShadow",
      source: "kafka",
      from: "shadow",
      state: "retrying",
      lag: 12,
      error: "ClickHouse is away",
    },
  ]);
});

test("what a process wrote that was killed is stopped, whatever it says", () => {
  const gone = 2 ** 22 + 1; // past the largest there is
  expect(readStatus(written(gone)).map(({ state, error }) => [state, error])).toEqual([
    ["stopped", "the process that polled has ended"],
    ["stopped", "the process that polled has ended"],
  ]);
});

test("the endpoint answers from the file that the environment names, and says where else to look without one", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mappings-"));
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });
  const path = join(folder, "event-sources.json");
  const answer = () => ask(undefined as never, eventSourceMappings, {});
  for (const value of ["", path]) {
    vi.stubEnv("EVENT_SOURCES_STATUS", value);
    await expect(answer()).rejects.toMatchObject({ status: 503, message: expect.stringContaining("On AWS") });
  }
  await writeFile(path, written(process.pid));
  expect(await answer()).toMatchObject({
    rows: 2,
    next: null,
    meta: [{ name: "function" }, {}, {}, {}, {}, {}],
  });
  await expect(ask(undefined as never, eventSourceMappings, { limit: "1" })).rejects.toMatchObject({
    status: 400,
  });
});

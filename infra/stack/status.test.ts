import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loadSettings, type Settings } from "../settings.ts";
import { startedAt } from "./alive.ts";
import { mappingsFile } from "./mappings.ts";
import { freePort } from "./ports.ts";
import { writeRun } from "./record.ts";
import { readStatus } from "./status.ts";
import { statusTable } from "./status-table.ts";

let settings: Settings;
beforeEach(async () => {
  settings = loadSettings({
    SLUICE_HOME: mkdtempSync(join(tmpdir(), "sluice-status-")),
    CLICKHOUSE_URL: `http://ann:geheim@127.0.0.1:${await freePort()}`,
    KAFKA_PORT: `${await freePort()}`,
    RABBITMQ_PORT: `${await freePort()}`,
    HTTP_PORT: `${await freePort()}`,
    POSTGRES_PORT: `${await freePort()}`,
    CONNECT_PORT: `${await freePort()}`,
    RABBITMQ_DEFAULT_PASS: "ours",
    SLUICE_READ_KEY: "read",
    SLUICE_WRITE_KEY: "write",
  });
});
afterEach(() => rmSync(settings.home, { recursive: true, force: true }));

const since = "2026-01-01T00:00:00.000Z";

it("has the shape that scripts rely on", async () => {
  const status = await readStatus(settings);
  expect(status).toEqual({
    ready: false,
    services: {
      clickhouse: {
        state: "unavailable",
        by: "env",
        url: expect.stringMatching(/^http:\/\/127/),
        reason: expect.stringMatching(/^CLICKHOUSE_URL: /),
      },
      kafka: { state: "stopped", by: "native", brokers: [`127.0.0.1:${settings.KAFKA_PORT}`] },
      rabbitmq: expect.objectContaining({
        by: "native",
        url: `amqp://rmq:ours@127.0.0.1:${settings.RABBITMQ_PORT}`,
      }),
      postgres: expect.objectContaining({
        by: "native",
        url: `postgres://postgres:@127.0.0.1:${settings.POSTGRES_PORT}/github-processing-project`,
      }),
      connect: { state: "stopped", by: "native", url: `http://127.0.0.1:${settings.CONNECT_PORT}` },
      functions: { state: "stopped", by: "native", url: `http://127.0.0.1:${settings.HTTP_PORT}` },
    },
    keys: { read: "read", write: "write" },
    mappings: [],
  });
});

it("shows no credentials that were given to us, to people neither", async () => {
  const status = await readStatus(settings);
  expect(JSON.stringify(status) + statusTable(status)).not.toContain("geheim");
});

it("says of a dead service that it died and where its log is read", async () => {
  writeRun(settings, "kafka", { pid: process.pid, startedAt: "1", since });
  const { services } = await readStatus(settings);
  expect(services.kafka).toMatchObject({
    state: "stopped",
    reason: expect.stringContaining("sluice logs kafka"),
  });
});

it("calls a live service that does not answer yet starting, with its process id", async () => {
  writeRun(settings, "kafka", { pid: process.pid, startedAt: startedAt(process.pid) ?? "", since });
  const { services } = await readStatus(settings);
  expect(services.kafka).toMatchObject({
    state: "starting",
    pid: process.pid,
    since,
    reason: expect.any(String),
  });
});

const mapping = { function: "f", source: "kafka", topic: "t", state: "polling", lag: 0 };

it("ignores mappings that a process reported which is gone", async () => {
  writeFileSync(mappingsFile(settings), JSON.stringify({ pid: 4194303, mappings: [mapping] }));
  const { mappings, services } = await readStatus(settings);
  expect(mappings).toEqual([]);
  expect(services.functions.state).toBe("stopped");
});

it("counts functions that somebody runs without us, once they answer", async () => {
  writeFileSync(mappingsFile(settings), JSON.stringify({ pid: process.pid, mappings: [mapping] }));
  expect((await readStatus(settings)).services.functions.state).toBe("stopped");
  const server = createServer((_, response) => response.end("{}")).listen(settings.HTTP_PORT, "127.0.0.1");
  await once(server, "listening");
  const { mappings, services, ready } = await readStatus(settings);
  server.close();
  expect(services.functions).toMatchObject({ state: "running", by: "native", pid: process.pid });
  expect(mappings).toEqual([mapping]);
  expect(ready).toBe(false);
});

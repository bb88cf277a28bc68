import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { freePorts } from "../event-sources/fixture-ports.ts";
import { applyMigrations } from "../migrate/apply.ts";
import { loadSettings } from "../settings.ts";
import { openGuard } from "../stack/guard.ts";
import { startServices } from "../stack/start.ts";
import { stopServices } from "../stack/stop.ts";
import { applyQueues, applyTopics } from "../stack/topology.ts";
import "./services.ts";

/**
 * Starts the real services for one test run: own folder, own ports, own passwords. Nothing of it runs on afterwards, not
 * even when the run is killed.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const home = await mkdtemp(join(tmpdir(), "sluice-test-"));
  const [clickhouse, kafka, rabbitmq] = await freePorts(3);
  const secret = () => randomBytes(12).toString("base64url");
  const settings = loadSettings({
    SLUICE_HOME: home,
    CLICKHOUSE_PORT: `${clickhouse}`,
    KAFKA_PORT: `${kafka}`,
    RABBITMQ_PORT: `${rabbitmq}`,
    CLICKHOUSE_PASSWORD: secret(),
    CLICKHOUSE_DEFAULT_PASSWORD: secret(),
    CLICKHOUSE_READER_PASSWORD: secret(),
    RABBITMQ_DEFAULT_PASS: secret(),
  });
  const owner = `test run ${process.pid}`;
  const closeGuard = openGuard(settings, owner);
  const stop = async () => {
    await stopServices(settings);
    closeGuard();
    await rm(home, { recursive: true, force: true });
  };
  try {
    const outcomes = await startServices(settings, ["clickhouse", "kafka", "rabbitmq"], { owner });
    for (const outcome of outcomes) {
      if (outcome.state === "unavailable") throw new Error(`${outcome.service}: ${outcome.reason}`);
    }
    await Promise.all([applyTopics(settings), applyQueues(settings), applyMigrations(settings)]);
  } catch (error) {
    await stop();
    throw error;
  }
  project.provide("services", {
    clickhouseUrl: settings.clickhouseUrl,
    brokers: settings.brokers,
    rabbitmqUrl: settings.rabbitmqUrl,
    passwords: {
      default: settings.CLICKHOUSE_DEFAULT_PASSWORD,
      rmq: settings.CLICKHOUSE_PASSWORD,
      reader: settings.CLICKHOUSE_READER_PASSWORD,
    },
  });
  return stop;
}

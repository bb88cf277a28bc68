import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Kafka, logLevel } from "kafkajs";
import { jars } from "./maven.ts";
import { freePort } from "./ports.ts";
import { findProgram } from "./programs.ts";
import { run } from "./run.ts";
import { type Preparation, type Service, Unavailable } from "./service.ts";
import { SharedClasses } from "./shared-classes.ts";

/** Apache Kafka as one KRaft process: broker and controller, one node, on 127.0.0.1 only. */
export const kafka: Service = {
  name: "kafka",
  variable: "KAFKA_BROKERS",
  ports: ["KAFKA_PORT"],
  secrets: [],
  address: (settings) => ({ brokers: settings.brokers }),
  missing: () => (findProgram("java") ? undefined : "java is not installed: install a JDK, 17 or newer"),
  prepare,
  async probe(settings) {
    const client = new Kafka({
      brokers: settings.brokers,
      logLevel: logLevel.NOTHING,
      connectionTimeout: 1000,
      requestTimeout: 2000,
      retry: { retries: 0 },
    });
    const admin = client.admin();
    try {
      await admin.connect();
      await admin.describeCluster();
    } finally {
      await admin.disconnect();
    }
  },
  stopSeconds: 20,
};

async function prepare(preparation: Preparation) {
  const { settings } = preparation;
  const java = findProgram("java");
  if (!java) throw new Unavailable("java is not installed: install a JDK, 17 or newer");
  const folder = await jars("pom.xml", "Kafka's jars", preparation);
  const classpath = join(folder, "*");
  const classes = new SharedClasses(java, folder);
  const data = join(settings.home, "kafka");
  const config = join(data, "server.properties");
  const logs = join(data, "log");
  await mkdir(data, { recursive: true });
  await writeFile(config, properties(settings.KAFKA_PORT, await freePort(), logs));
  if (!existsSync(join(logs, "meta.properties"))) {
    // The leading letter: an id that starts with a dash would be read as an option.
    const id = `s${randomBytes(16).toString("base64url").slice(1)}`;
    const args = ["-cp", classpath, "kafka.tools.StorageTool", "format", "-t", id, "-c", config];
    await classes.keepThoseOf((options) =>
      run({ command: java, args: [...lightJvm, ...options, ...args], env: {} }, preparation, {
        name: "kafka",
      }),
    );
  }
  const quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn";
  const server = "-Dorg.slf4j.simpleLogger.log.kafka.server=info";
  const stamp = [
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
  ];
  const jvm = ["-Xmx512m", ...lightJvm, ...classes.options, quiet, server, ...stamp];
  return { command: java, args: [...jvm, "-cp", classpath, "kafka.Kafka", config], env: {} };
}

/**
 * On two cores the optimising compiler and the concurrent collector cost more than they bring: without them the broker starts
 * with half the processor time, and moves three million records with half as well.
 */
const lightJvm = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"];

const properties = (port: number, controllerPort: number, logs: string) => `# Written at each start.
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:${controllerPort}
log.dirs=${logs}
num.partitions=8
group.initial.rebalance.delay.ms=0
# One node: nothing can be replicated.
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# A laptop's share: the defaults are 50 partitions each and 128 MiB for the cleaner.
offsets.topic.num.partitions=8
transaction.state.log.num.partitions=8
log.cleaner.dedupe.buffer.size=16777216
`;

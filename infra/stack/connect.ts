import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { jars } from "./maven.ts";
import { findProgram } from "./programs.ts";
import { type Preparation, type Service, Unavailable } from "./service.ts";

const noJava = "java is not installed: install a JDK, 17 or newer";

/** Kafka Connect with Debezium's connector for Postgres, one worker on 127.0.0.1; what it knows it keeps in Kafka. */
export const connect: Service = {
  name: "connect",
  variable: "CONNECT_URL",
  ports: ["CONNECT_PORT"],
  secrets: ["POSTGRES_REPLICATION_PASSWORD"],
  address: (settings) => ({ url: settings.connectUrl }),
  missing: () => (findProgram("java") ? undefined : noJava),
  prepare,
  async probe(settings) {
    // It answers only once the worker has joined its group and read its topics.
    const url = new URL("/connectors", settings.connectUrl);
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    if (!response.ok) throw new Error(`HTTP ${response.status}: ${(await response.text()).slice(0, 300)}`);
    if (!Array.isArray(await response.json())) throw new Error(`${url} is no Kafka Connect`);
  },
  stopSeconds: 15,
};

async function prepare(preparation: Preparation) {
  const { settings } = preparation;
  const java = findProgram("java");
  if (!java) throw new Unavailable(noJava);
  const classpath = join(await jars("connect-pom.xml", "Kafka Connect and Debezium", preparation), "*");
  const folder = join(settings.home, "connect");
  const config = join(folder, "worker.properties");
  await mkdir(folder, { recursive: true });
  await writeFile(config, properties(settings.brokers.join(","), settings.CONNECT_PORT));
  const log = [
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.log.io.debezium.connector.postgresql=info",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
  ];
  const main = "org.apache.kafka.connect.cli.ConnectDistributed";
  return {
    command: java,
    // As for the broker (kafka.ts): two cores are better served without the optimising compiler and concurrent collector.
    args: ["-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", ...log, "-cp", classpath, main, config],
    // Read by the worker's `env` provider: no connector configuration holds the password.
    env: { POSTGRES_REPLICATION_PASSWORD: settings.POSTGRES_REPLICATION_PASSWORD },
  };
}

const properties = (brokers: string, port: number) => `# Written at each start.
bootstrap.servers=${brokers}
listeners=HTTP://127.0.0.1:${port}
group.id=sluice-connect
config.storage.topic=sluice-connect-configs
offset.storage.topic=sluice-connect-offsets
status.storage.topic=sluice-connect-status
# One node, one worker: nothing can be replicated, and one partition each is enough.
config.storage.replication.factor=1
offset.storage.replication.factor=1
status.storage.replication.factor=1
offset.storage.partitions=1
status.storage.partitions=1
# Postgres may forget what Connect has in Kafka: told once a second, so that it keeps no WAL for longer.
offset.flush.interval.ms=1000
scheduled.rebalance.max.delay.ms=0
plugin.discovery=service_load
# The envelope without its schema: what it means is known from Postgres' catalogue.
key.converter=org.apache.kafka.connect.json.JsonConverter
key.converter.schemas.enable=false
value.converter=org.apache.kafka.connect.json.JsonConverter
value.converter.schemas.enable=false
config.providers=env
config.providers.env.class=org.apache.kafka.common.config.provider.EnvVarConfigProvider
config.providers.env.param.allowlist.pattern=POSTGRES_REPLICATION_PASSWORD
producer.linger.ms=5
`;

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Admin } from "@platformatic/kafka";
import { freePorts } from "./fixture-ports.ts";

export const user = { username: "alice", password: "alice-secret" };

/** A broker of the test's own, that may be killed: plain, with SASL, and with mutual TLS. */
export class FixtureKafka implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "event-sources-kafka-"));
  plain = "";
  sasl = "";
  tls = "";
  #process: ChildProcess | undefined;

  async create(): Promise<this> {
    const [plain, sasl, tls, controller] = (await freePorts(4)).map(
      (port) => `127.0.0.1:${port}`,
    ) as string[];
    Object.assign(this, { plain, sasl, tls });
    this.#certify();
    const jaas = (mechanism: string, module: string) =>
      `listener.name.sasl.${mechanism}.sasl.jaas.config=org.apache.kafka.common.security.${module} required`;
    const plainUser = `username="admin" password="x" user_${user.username}="${user.password}"`;
    const listeners = `PLAIN://${plain},SASL://${sasl},TLS://${tls}`;
    writeFileSync(
      join(this.folder, "server.properties"),
      `process.roles=broker,controller
node.id=1
listeners=${listeners},CONTROLLER://${controller}
advertised.listeners=${listeners}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAIN
listener.security.protocol.map=PLAIN:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL
controller.quorum.voters=1@${controller}
log.dirs=${join(this.folder, "log")}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=2
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=16777216
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
${jaas("plain", "plain.PlainLoginModule")} ${plainUser};
${jaas("scram-sha-256", "scram.ScramLoginModule")};
${jaas("scram-sha-512", "scram.ScramLoginModule")};
ssl.client.auth=required
ssl.keystore.type=PEM
ssl.keystore.location=${join(this.folder, "server.pem")}
ssl.truststore.type=PEM
ssl.truststore.location=${join(this.folder, "ca.crt")}
`,
    );
    const scram = (mechanism: string) => [
      "--add-scram",
      `${mechanism}=[name=${user.username},password=${user.password}]`,
    ];
    const format = [
      "kafka.tools.StorageTool",
      "format",
      "-t",
      "sAAAAAAAAAAAAAAAAAAAAA",
      "-c",
      "server.properties",
    ];
    const args = [...java, ...format, ...scram("SCRAM-SHA-256"), ...scram("SCRAM-SHA-512")];
    execFileSync("java", args, { cwd: this.folder, stdio: "pipe" });
    await this.start();
    return this;
  }

  async start(): Promise<void> {
    this.#process = spawn("java", [...java, "kafka.Kafka", "server.properties"], {
      cwd: this.folder,
      stdio: "ignore",
    });
    for (;;) {
      const admin = new Admin({ clientId: "test", bootstrapBrokers: [this.plain], retries: 0 });
      const listed = await admin.listTopics().catch(() => undefined);
      await admin.close();
      if (listed !== undefined) return;
      await sleep(200);
    }
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  /** Made by `create`: an authority, and a server's and a client's certificate of it. */
  path(name: "ca.crt" | "server.crt" | "server.key" | "client.crt" | "client.key"): string {
    return join(this.folder, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #certify(): void {
    const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: this.folder, stdio: "pipe" });
    const key = ["-newkey", "rsa:2048", "-nodes"];
    openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=ca", "-days", "2");
    writeFileSync(join(this.folder, "san"), "subjectAltName=IP:127.0.0.1,DNS:localhost");
    for (const name of ["server", "client"]) {
      openssl("req", ...key, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
      const sign = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "san", "-days", "2"];
      openssl("x509", "-req", "-in", `${name}.csr`, "-out", `${name}.crt`, ...sign);
    }
    execFileSync("sh", ["-c", "cat server.key server.crt > server.pem"], { cwd: this.folder });
  }
}

/** Where the project's own stack keeps Kafka's jars. */
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "sluice");
const hasBroker = (folder: string) => readdirSync(join(cache, folder)).some((jar) => /^kafka_/.test(jar));
const folders = readdirSync(cache).filter((name) => /^jars-[0-9a-f]+$/.test(name) && hasBroker(name));
const java = ["-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", join(cache, folders.at(-1) ?? "", "*")];

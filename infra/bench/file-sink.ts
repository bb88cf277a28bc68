import { spawn } from "node:child_process";
import { once } from "node:events";
import { type FileHandle, open, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "../event-sources/fixture-ports.ts";
import type { Settings } from "../settings.ts";
import { jars } from "../stack/maven.ts";
import type { BenchOptions } from "./bench.ts";
import { openFolder } from "./services.ts";

/** A worker of Kafka Connect that writes every message of some topics as a line of a file, one file a topic. */
export interface FileSink {
  pid: number;
  /** How many lines a topic's file has by now. */
  lines(topic: string): Promise<number>;
  stop(): Promise<void>;
}

/** Kafka's own FileStreamSinkConnector in a JVM of its own, given what the stack's worker is given; messages go through it as text. */
export async function runFileSink(
  options: BenchOptions,
  settings: Settings,
  topics: string[],
): Promise<FileSink> {
  const { cleanup, progress } = options;
  const preparation = { settings, note: progress, signal: new AbortController().signal, owner: undefined };
  const poms = ["connect-pom.xml", join(import.meta.dirname, "file-sink-pom.xml")];
  const classpath: string[] = [];
  for (const pom of poms) classpath.push(join(await jars(pom, "Kafka Connect", preparation), "*"));
  const folder = await openFolder(options);
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const write = async (name: string, properties: Record<string, string>) => {
    const path = join(folder, `${name}.properties`);
    const lines = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`);
    await writeFile(path, lines.join(""));
    return path;
  };
  const worker = await write("worker", {
    "bootstrap.servers": settings.brokers.join(","),
    listeners: url.replace("http", "HTTP"),
    "offset.storage.file.filename": join(folder, "offsets"),
    "plugin.discovery": "service_load",
    "key.converter": "org.apache.kafka.connect.storage.StringConverter",
    "value.converter": "org.apache.kafka.connect.storage.StringConverter",
  });
  const fileOf = (topic: string) => join(folder, `${topic}.lines`);
  const sinks = topics.map((topic) =>
    write(topic, {
      name: topic,
      "connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector",
      "tasks.max": "1",
      topics: topic,
      file: fileOf(topic),
    }),
  );
  const jvm = ["-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]; // As infra/stack/connect.ts.
  const log = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn";
  const main = "org.apache.kafka.connect.cli.ConnectStandalone";
  const args = [...jvm, log, "-cp", classpath.join(delimiter), main, worker, ...(await Promise.all(sinks))];
  const child = spawn("java", args, { stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors = (errors + chunk).slice(-4000);
  });
  const exited = once(child, "exit");
  const stop = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  cleanup.defer(stop);
  for (const topic of topics) await untilRunning(`${url}/connectors/${topic}/status`, child, () => errors);
  const counters = new Map(topics.map((topic) => [topic, new LineCounter(fileOf(topic))]));
  cleanup.defer(async () => {
    for (const counter of counters.values()) await counter.close();
  });
  return {
    pid: child.pid as number,
    lines: async (topic) => (await counters.get(topic)?.count()) ?? 0,
    stop,
  };
}

async function untilRunning(url: string, child: { exitCode: number | null }, errors: () => string) {
  for (const deadline = performance.now() + 90_000; performance.now() < deadline; await sleep(250)) {
    if (child.exitCode !== null) throw new Error(`the file sink ended: ${errors()}`);
    const answer = await fetch(url).catch(() => undefined);
    const text = (await answer?.text()) ?? "";
    if (/"tasks":\[\{[^\]]*"RUNNING"/.test(text)) return;
    if (text.includes("FAILED")) throw new Error(`the file sink failed: ${text.slice(0, 2000)}`);
  }
  throw new Error(`the file sink does not run after 90 s: ${errors()}`);
}

/** Counts the lines of a file that grows, each byte read once. */
class LineCounter {
  readonly #path: string;
  readonly #buffer = Buffer.alloc(1 << 20);
  #file: FileHandle | undefined;
  #lines = 0;

  constructor(path: string) {
    this.#path = path;
  }

  async count(): Promise<number> {
    this.#file ??= await open(this.#path).catch(() => undefined);
    while (this.#file) {
      const { bytesRead } = await this.#file.read(this.#buffer, 0, this.#buffer.length, null);
      if (bytesRead === 0) break;
      for (let at = -1; ; this.#lines++) {
        at = this.#buffer.indexOf(10, at + 1);
        if (at < 0 || at >= bytesRead) break;
      }
    }
    return this.#lines;
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}

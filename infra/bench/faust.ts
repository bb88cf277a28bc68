import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Admin } from "kafkajs";
import { rating } from "../../events/rating.ts";
import type { Bench, BenchOptions } from "./bench.ts";
import { type Cost, cpuPerMillion, cpuSeconds, rowsPerSecond } from "./cost.ts";
import { figure } from "./figure.ts";
import { logged } from "./ingest.ts";
import { kafkaEvent, runOffline } from "./offline.ts";
import { openKafka, produceBodies } from "./produce.ts";
import { openPython } from "./python.ts";
import { openFolder, openServices } from "./services.ts";
import { interleave } from "./statistics.ts";

const topic = "dominate";
/** It takes a message at a time: its rate is measured on fewer. */
const fewest = 5000;

/** The Domination game: ratings in, their types out. */
export const faust: Bench = {
  name: "faust",
  summary:
    "a backlog of ratings in Kafka (8 partitions) → mapping → classify-ratings → the topic shadow; peer: faust-streaming with the same logic",
  async *run(options) {
    const { rows = 200_000, rounds = 5, progress } = options;
    const python = await openPython(options, "faust-streaming==0.15.3");
    if (python === undefined) return;
    const { brokers } = await openServices(options, "kafka");
    const body = (n: number) => rating.encode({ rating: 1 + (n % 100), unique_id: `human-${n}` });
    await produceBodies(brokers, topic, rows, body, progress);
    await produceBodies(brokers, "shadow", 0, body, progress);
    const admin = openKafka(brokers).admin();
    await admin.connect();
    options.cleanup.defer(() => admin.disconnect());
    const few = Math.min(rows, fewest);
    let groups = 0;
    const ours = (inProcess: boolean) => async () => {
      const offline = await runOffline(options, {
        name: "ratings",
        inProcess,
        events: [kafkaEvent(brokers, topic, `ours-${++groups}`)],
        // Nothing is quarantined: ClickHouse is not asked for anything.
        env: {
          KAFKA_BROKERS: brokers.join(","),
          CLICKHOUSE_URL: "http://127.0.0.1:1",
          CLICKHOUSE_PASSWORD: "nobody",
        },
      });
      return costOfOutput(admin, offline.pid, rows).finally(offline.stop);
    };
    const theirs = async () => {
      const worker = await runFaust(options, python, brokers, `faust-${++groups}`);
      return Promise.race([costOfOutput(admin, worker.pid, few), worker.ended]).finally(worker.stop);
    };
    const results = await interleave(rounds, {
      ...logged({ worker: ours(false), "in-process": ours(true) }, rows, progress),
      ...logged({ faust: theirs }, few, progress),
    });
    for (const mode of ["worker", "in-process"] as const) {
      const [mine, peer] = [results[mode], results.faust];
      const title = `${mode}, against faust-streaming`;
      yield figure("faust", title, rowsPerSecond(rows, mine), rowsPerSecond(few, peer), "rows/s");
      const [cost, theirCost] = [cpuPerMillion(rows, mine), cpuPerMillion(few, peer)];
      yield figure("faust", `cost, ${title}`, cost, theirCost, "CPU-s per million rows");
    }
  },
};

/**
 * What so many ratings cost, as the output shows it: from the first one seen there, so that no start counts, to the last;
 * scaled from those between to all.
 */
async function costOfOutput(admin: Admin, pid: number, rows: number): Promise<Cost> {
  const count = async () => {
    const offsets = await admin.fetchTopicOffsets("shadow");
    return offsets.reduce((sum, { high }) => sum + Number(high), 0);
  };
  const before = await count();
  let first: { seen: number; at: number; cpu: number } | undefined;
  let [seen, moved] = [0, performance.now()];
  for (;;) {
    const now = (await count()) - before;
    const at = performance.now();
    if (now !== seen) [seen, moved] = [now, at];
    if (seen > 0) first ??= { seen, at, cpu: cpuSeconds([pid]) };
    if (first !== undefined && seen >= rows && seen > first.seen) {
      const scale = rows / (seen - first.seen);
      const cpu = cpuSeconds([pid]) - first.cpu;
      return { seconds: ((at - first.at) / 1000) * scale, cpuSeconds: cpu * scale };
    }
    if (at - moved > (first === undefined ? 180_000 : 60_000))
      throw new Error(`the output stopped at ${seen} of ${rows} ratings`);
    await sleep(20);
  }
}

async function runFaust(options: BenchOptions, python: string, brokers: string[], group: string) {
  const folder = await openFolder(options);
  const child = spawn(
    python,
    [
      join(import.meta.dirname, "faust_classifier.py"),
      "--datadir",
      folder,
      "worker",
      "--loglevel",
      "warn",
      "--without-web",
    ],
    {
      env: {
        ...process.env,
        BENCH_GROUP: group,
        BENCH_TOPIC: topic,
        KAFKA_BROKERS: brokers.join(";kafka://"),
      },
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors = (errors + chunk).slice(-2000);
  });
  const exited = once(child, "exit");
  const stop = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  options.cleanup.defer(stop);
  const ended = exited.then((): never => {
    throw new Error(`faust ended: ${errors}`);
  });
  ended.catch(() => {}); // Thrown where it is awaited.
  return { pid: child.pid as number, stop, ended };
}

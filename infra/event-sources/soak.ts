/**
 * Everything that goes wrong in a day, in some minutes: a handler that fails at random, brokers that go away, code that
 * is edited. By hand: `npx node infra/event-sources/soak.ts --minutes 10`; needs RABBITMQ_URL, brings its own Kafka.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { kafkaProbe, Road, rabbitMQProbe, range } from "./fixture-brokers.ts";
import { FixtureKafka } from "./fixture-kafka.ts";
import { FixtureService } from "./fixture-service.ts";

export interface SoakOptions {
  seconds: number;
  rabbitmqUrl: string;
  /** Records and messages a second. */
  rate: number;
  /** How often the brokers go away, evenly over the time. */
  restarts: number;
  /** Of 1: how often the handler fails. */
  failing: number;
  progress: (line: string) => void;
}

export interface SoakResult {
  sent: number;
  /** Deliveries of what was processed before. */
  repeated: number;
  /** Never processed. */
  lost: number;
  /** Of one partition, processed for the first time after a later one. */
  outOfOrder: number;
  /** Times that a committed offset was past something not yet processed. */
  committedTooFar: number;
  failures: number;
  reloads: number;
  brokerRestarts: number;
  /** Resident memory of the process that polls, in MiB: after a fifth of the time, and at the end. */
  memory: [early: number, late: number];
}

const partitions = 4;

export async function soak({
  seconds,
  rabbitmqUrl,
  rate,
  restarts: count,
  failing,
  progress,
}: SoakOptions): Promise<SoakResult> {
  await using kafka = await new FixtureKafka().create();
  await using road = new Road(rabbitmqUrl);
  await road.open();
  await using service = new FixtureService({ env: { KAFKA_BROKERS: kafka.plain, RABBITMQ_URL: road.url } });
  const { topic, probe } = kafkaProbe(service, [kafka.plain], { partitions, event: { batchSize: 50 } });
  const { queue, probe: reader } = rabbitMQProbe(service, rabbitmqUrl, { event: { batchSize: 50 } });
  await using _queue = queue;
  await service.write();
  const handler = failingHandler(failing);
  writeFileSync(join(service.folder, "handler.js"), handler);
  await service.start();
  await probe.until("both mappings", () => [probe, reader].every((one) => one.status()?.state === "polling"));

  const result: SoakResult = {
    sent: 0,
    repeated: 0,
    lost: 0,
    outOfOrder: 0,
    committedTooFar: 0,
    failures: 0,
    reloads: 0,
    brokerRestarts: 0,
    memory: [0, 0],
  };
  const memory: number[] = [];
  const begun = Date.now();
  const elapsed = () => (Date.now() - begun) / 1000;
  /** Then Kafka is killed and started, and the way to RabbitMQ is cut and opened. */
  const restarts = range(1, count + 1).map((nth) => (nth * seconds) / (count + 1));
  let restarting: Promise<void> = Promise.resolve();
  let edits = Math.min(20, seconds / 4);

  while (elapsed() < seconds || restarts.length > 0) {
    const numbers = range(result.sent, result.sent + Math.ceil(rate / 4));
    await restarting;
    await Promise.all([
      topic.produce(numbers.map((n) => ({ partition: n % partitions, value: Buffer.from(`${n}`) }))),
      queue.publish(numbers.map((n) => Buffer.from(`${n}`))),
    ]);
    result.sent += numbers.length;
    await sleep(250);
    if (elapsed() > edits) {
      edits += Math.min(20, seconds / 4);
      result.reloads += 1;
      writeFileSync(join(service.folder, "handler.js"), `${handler}\n// ${result.reloads}\n`);
    }
    if (elapsed() > (restarts[0] ?? Number.POSITIVE_INFINITY)) {
      restarts.shift();
      result.brokerRestarts += 1;
      progress(`${elapsed().toFixed(0)} s: brokers go away`);
      restarting = (async () => {
        await Promise.all([kafka.kill(), road.cut()]);
        await sleep(1000);
        await Promise.all([kafka.start(), road.open()]);
      })();
    }
    memory.push(residentMemory(service.pid));
    if (memory.length % 40 === 0)
      progress(`${elapsed().toFixed(0)} s: ${result.sent} sent, ${memory.at(-1)} MiB`);
    await restarting;
    for (const partition of range(0, partitions)) {
      // First the offset, then what is processed by then.
      const committed = await topic.committed(partition).catch(() => 0);
      const done = new Set(
        processed(service.folder, probe.name)
          .filter(([key]) => key === `${partition}`)
          .map(([, n]) => n),
      );
      if (range(0, Math.max(0, committed)).some((offset) => !done.has(offset))) result.committedTooFar += 1;
    }
  }

  const kafkaDone = () => processed(service.folder, probe.name);
  const queueDone = () => processed(service.folder, reader.name);
  const distinct = (done: [string, number][]) => new Set(done.map(([key, n]) => `${key}:${n}`)).size;
  await probe
    .until("everything", () => distinct(kafkaDone()) + distinct(queueDone()) === 2 * result.sent, 90_000)
    .catch(({ message }) => progress(message));
  result.lost = 2 * result.sent - distinct(kafkaDone()) - distinct(queueDone());
  result.repeated = kafkaDone().length + queueDone().length - distinct(kafkaDone()) - distinct(queueDone());
  const next = new Map<string, number>();
  for (const [key, offset] of kafkaDone()) {
    if (offset > (next.get(key) ?? 0)) result.outOfOrder += 1;
    next.set(key, Math.max(next.get(key) ?? 0, offset + 1));
  }
  result.failures = [...probe.lines(), ...reader.lines()].filter((line) => line.includes(" failed (")).length;
  result.memory = [memory[Math.floor(memory.length / 5)] ?? 0, memory.at(-1) ?? 0];
  if (!service.running) throw new Error(`The process that polls has ended:\n${service.output.slice(-4000)}`);
  return result;
}

/** Notes what it has processed, `<partition>:<offset>` or `queue:<number>`, and fails at random. */
const failingHandler = (failing: number) => `import { appendFileSync } from "node:fs";
import { join } from "node:path";
const file = (context) => join(process.env.FIXTURE_FOLDER, context.functionName.split("-").at(-1) + ".processed");
export const handler = async (event, context) => {
  if (Math.random() < ${failing}) throw new Error("bad luck");
  const records = Object.values(event.records ?? {}).flat().map(({ partition, offset }) => partition + ":" + offset);
  const messages = Object.values(event.rmqMessagesByQueue ?? {}).flat();
  const numbers = messages.map(({ data }) => "queue:" + Buffer.from(data, "base64"));
  appendFileSync(file(context), [...records, ...numbers, ""].join("\\n"));
};
`;

function processed(folder: string, name: string): [key: string, number: number][] {
  const path = join(folder, `${name}.processed`);
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => [line.split(":")[0] as string, Number(line.split(":")[1])]);
}

const residentMemory = (pid: number) =>
  Math.round(Number(execFileSync("ps", ["-o", "rss=", "-p", `${pid}`])) / 1024);

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: { minutes: { type: "string", default: "10" }, rate: { type: "string", default: "200" } },
  });
  const result = await soak({
    seconds: Number(values.minutes) * 60,
    rate: Number(values.rate),
    restarts: 2,
    failing: 0.1,
    rabbitmqUrl: process.env.RABBITMQ_URL ?? "amqp://127.0.0.1:5672",
    progress: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

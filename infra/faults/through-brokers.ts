import { setTimeout as sleep } from "node:timers/promises";
import type { Producer } from "kafkajs";
import { originHeader } from "../../events/origin.ts";
import { categories } from "../../events/rating.ts";
import { openAdmin } from "../admin.ts";
import { openProducer } from "../generate/kafka.ts";
import { createRandom, type Random } from "../generate/random.ts";
import { garbage } from "../test/garbage.ts";
import { openStack, type Stack } from "../test/stack.ts";
import type { Killed } from "./fault.ts";
import type { Report, Watch } from "./faults.ts";
import { readHoldings } from "./holdings.ts";
import { loadPipelines, type Pipeline } from "./pipelines.ts";
import { nextSeed } from "./plan.ts";
import { type ChatMessage, produceAll, publishChat, type Record } from "./publish.ts";
import { createView, switches, viewsOf } from "./schema.ts";
import { judge, type Truth, type Verdict } from "./verdict.ts";
import type { World } from "./world.ts";

/** What one run sends down one way, and what must come of it. */
interface Way {
  pipeline: Pipeline;
  truth: Truth;
}

interface Sent {
  run: string;
  seed: number;
  ways: Way[];
}

/** Weights of what is killed: ClickHouse is back in a second, the brokers take several. */
const kills: Killed[] = [
  "kill_clickhouse",
  "kill_clickhouse",
  "kill_clickhouse",
  "kill_functions",
  "kill_functions",
  "kill_kafka",
  "kill_rabbitmq",
];

/** How long a run may take to arrive, in milliseconds. */
const patience = 90_000;

/**
 * Messages through RabbitMQ, Kafka, the mappings and the functions into ClickHouse, in a stack of its own, while one service
 * after another is killed. Judged after each run, and all of it once more at the end: what comes late is found, too.
 */
export async function runThroughBrokers(
  { runs, seed }: { runs: number; seed: number },
  {
    signal,
    onRun,
    onFailure,
  }: { signal?: AbortSignal; onRun?: Watch["onRun"]; onFailure?: (words: string) => void } = {},
): Promise<Report> {
  const report: Report = { runs: 0, seed, lost: 0, duplicated: 0, view_mismatches: 0, faults: {} };
  const count = (name: keyof Report["faults"]) => (report.faults[name] = (report.faults[name] ?? 0) + 1);
  const pipelines = await loadPipelines();
  const stack = await openStack();
  const producers = new Map<string, Producer>();
  const client = openAdmin(stack.settings, { application: "sluice-faults" });
  const select: World["select"] = async <Row>(query: string) =>
    (await client.query({ query, format: "JSONEachRow" })).json<Row>();
  const judgeWay = async (run: string, { pipeline, truth }: Way): Promise<Verdict> =>
    judge(truth, await readHoldings(select, pipeline, run, [...truth.garbage]));
  try {
    await stack.sluice("up", "--detach");
    for (const query of [
      ...switches,
      ...[pipelines.chat, pipelines.shadow].flatMap((one) => viewsOf(one).flatMap(createView)),
    ])
      await client.command({ query });
    for (const topic of ["dominate", "shadow"])
      producers.set(topic, await openProducer(stack.settings.brokers, topic));
    const all: Sent[] = [];
    for (let runSeed = seed; report.runs < runs && !signal?.aborted; runSeed = nextSeed(runSeed)) {
      const random = createRandom(runSeed);
      const run = `b${report.runs + 1}`;
      const killed = kills[random(kills.length)] as Killed;
      count(killed);
      const [ways] = await Promise.all([
        send(stack, producers, pipelines, run, random, () => count("sent_twice")),
        killAndRestart(stack, killed, random(1500), random(1000)),
      ]);
      const sent = { run, seed: runSeed, ways };
      all.push(sent);
      await arrival(sent, judgeWay);
      report.runs++;
      onRun?.(report.runs);
    }
    await sleep(2000);
    for (const { run, seed: runSeed, ways } of all)
      for (const way of ways) {
        const { findings, ...errors } = await judgeWay(run, way);
        for (const name of ["lost", "duplicated", "view_mismatches"] as const) report[name] += errors[name];
        if (findings.length > 0)
          onFailure?.(`Run ${run}, seed ${runSeed}:\n${findings.map((one) => `  ${one}`).join("\n")}`);
      }
  } finally {
    await Promise.allSettled([...producers.values()].map((producer) => producer.disconnect()));
    await client.close();
    await stack.close();
  }
  return report;
}

async function send(
  stack: Stack,
  producers: ReadonlyMap<string, Producer>,
  { chat, shadow }: { chat: Pipeline; shadow: Pipeline },
  run: string,
  random: Random,
  onCopy: () => void,
): Promise<Way[]> {
  const messages: ChatMessage[] = [];
  const records: Record[] = [];
  const spoilt = { chat: new Set<string>(), at: [] as number[] };
  const [said, rated] = [new Set<string>(), new Set<string>()];
  const facts = 10 + random(30);
  for (let fact = 0; fact < facts; fact++) {
    const key = `${run}/${fact}/${random(1000)}`;
    const { name, divisor, type } = categories[fact % categories.length] as (typeof categories)[number];
    const twice = random(100) < 15;
    if (random(100) < 10) {
      spoilt.chat.add(`${run}-${fact}`);
      messages.push({ id: `${run}-${fact}`, body: garbage(fact) ?? Buffer.alloc(0) });
      spoilt.at.push(records.push({ topic: "dominate", key, value: garbage(fact) }) - 1);
      continue;
    }
    const message = {
      id: `${run}-${fact}`,
      body: Buffer.from(JSON.stringify({ username: name, message: key })),
    };
    said.add(key);
    rated.add(key);
    // Half as ratings, to be classified on the way; half as somebody else classified them, with where they came from.
    const value =
      fact % 2
        ? { rating: divisor, unique_id: key }
        : { type, unique_id: key, emit_timestamp: "2024-01-01T00:00:00Z" };
    const origin = { [originHeader]: `faults-${run}:0:${fact}` };
    const record = {
      topic: fact % 2 ? "dominate" : "shadow",
      key,
      value: Buffer.from(JSON.stringify(value)),
      ...(fact % 2 === 0 && { headers: origin }),
    };
    messages.push(message);
    records.push(record);
    if (twice) {
      onCopy();
      messages.push(message);
      if (fact % 2 === 0) records.push(record);
    }
  }
  const pause = Math.ceil(1500 / facts);
  const [positions] = await Promise.all([
    produceAll(producers, records, pause),
    publishChat(stack.settings.rabbitmqUrl, messages, pause),
  ]);
  const anonymous = new Set<string>();
  return [
    { pipeline: chat, truth: { facts: said, anonymous, garbage: spoilt.chat } },
    {
      pipeline: shadow,
      truth: { facts: rated, anonymous, garbage: new Set(spoilt.at.map((at) => positions[at] ?? "")) },
    },
  ];
}

async function killAndRestart(stack: Stack, killed: Killed, afterMs: number, awayMs: number): Promise<void> {
  const pid = await stack.pid(killed.replace("kill_", ""));
  await sleep(afterMs);
  process.kill(pid, "SIGKILL");
  await sleep(awayMs);
  // What was killed may take a moment to let go of its ports: whoever sees that tries again, too.
  for (let tries = 1; ; tries++) {
    const failed = await stack.sluice("up", "--detach").then(
      () => undefined,
      (error: Error) => error,
    );
    if (failed === undefined) return;
    if (tries === 3) throw failed;
  }
}

/** Waits until nothing is missing, as long as it may take. */
async function arrival(
  { run, ways }: Sent,
  judgeWay: (run: string, way: Way) => Promise<Verdict>,
): Promise<void> {
  const end = Date.now() + patience;
  const missing = async () => {
    const verdicts = await Promise.all(ways.map((way) => judgeWay(run, way)));
    return verdicts.some(({ lost, view_mismatches }) => lost + view_mismatches > 0);
  };
  while (Date.now() < end && (await missing().catch(() => true))) await sleep(300);
}

import { connect } from "amqplib";
import type { Settings } from "../settings.ts";
import { drainWithAmqplib } from "./amqplib-client.ts";
import type { Bench, BenchOptions } from "./bench.ts";
import { commitBody } from "./commit.ts";
import type { Cost } from "./cost.ts";
import { costOf, cpuSeconds, rowsPerSecond } from "./cost.ts";
import { figure } from "./figure.ts";
import { logged } from "./ingest.ts";
import { kafkaEvent, runOffline } from "./offline.ts";
import { openKafka, produceCommits } from "./produce.ts";
import { openServices } from "./services.ts";
import { interleave } from "./statistics.ts";

const topic = "mapping";
const queue = "mapping";

/** What a mapping is set to. */
interface Setting {
  batchSize: number;
  /** Batches that RabbitMQ hands over before the first is acknowledged; one unless chosen otherwise. */
  prefetch?: number;
}
const sets: Setting[] = [{ batchSize: 100 }, { batchSize: 1000 }, { batchSize: 10_000 }];

/** The event source mappings alone, against the bare client of each broker. */
export const mapping: Bench = {
  name: "mapping",
  summary:
    "poll → Lambda event → invocation of an empty handler; peers: kafkajs eachBatch and amqplib consume without any work",
  async *run(options) {
    const { rows = 200_000, rounds = 5, progress } = options;
    const settings = await openServices(options, "kafka", "rabbitmq");
    await produceCommits(settings.brokers, topic, rows, progress);
    yield* compare("Kafka", "kafkajs", options, {
      sets,
      modes:
        ({ batchSize }, inProcess) =>
        () =>
          drain(options, rows, inProcess, {
            events: [kafkaEvent(settings.brokers, topic, group(), { batchSize })],
          }),
      bare: () => kafkajs(settings, rows),
      rows,
      rounds,
    });
    const arn = "arn:aws:mq:eu-central-1:000000000000:broker:bench:b-0";
    const secret = "arn:aws:secretsmanager:eu-central-1:000000000000:secret:bench";
    yield* compare("RabbitMQ", "amqplib", options, {
      sets: [...sets, { batchSize: 10_000, prefetch: 2 }],
      modes:
        ({ batchSize, prefetch }, inProcess) =>
        async () => {
          await fill(settings, rows);
          return drain(options, rows, inProcess, {
            events: [{ rabbitmq: { arn, basicAuthArn: secret, queue, batchSize } }],
            eventSources: {
              ...(prefetch && { prefetch }),
              endpoints: { [arn]: settings.rabbitmqUrl },
              secrets: { [secret]: { username: "rmq", password: settings.RABBITMQ_DEFAULT_PASS } },
            },
          });
        },
      bare: async () => {
        await fill(settings, rows);
        return drainWithAmqplib(settings, queue, rows);
      },
      rows,
      rounds,
    });
  },
};

interface Comparison {
  sets: Setting[];
  modes: (set: Setting, inProcess: boolean) => () => Promise<Cost>;
  bare: () => Promise<Cost>;
  rows: number;
  rounds: number;
}

async function* compare(broker: string, client: string, { progress }: BenchOptions, of: Comparison) {
  const ours = of.sets.flatMap((set) =>
    [false, true].map((inProcess) => ({
      name: `${broker}, batches of ${set.batchSize}${set.prefetch ? `, prefetch: ${set.prefetch}` : ""}, ${inProcess ? "in-process" : "worker"}`,
      measure: of.modes(set, inProcess),
    })),
  );
  const measures = Object.fromEntries([
    [client, of.bare],
    ...ours.map(({ name, measure }) => [name, measure]),
  ]);
  const results = await interleave(of.rounds, logged(measures, of.rows, progress));
  for (const { name } of ours) {
    const [mine, bare] = [results[name] ?? [], results[client] ?? []];
    yield figure(
      "mapping",
      `${name}, against ${client}`,
      rowsPerSecond(of.rows, mine),
      rowsPerSecond(of.rows, bare),
      "rows/s",
    );
  }
}

let groups = 0;
const group = () => `bench-${++groups}`;

/** From the moment the mapping polls until its function has seen everything. */
async function drain(
  options: BenchOptions,
  rows: number,
  inProcess: boolean,
  given: { events: Record<string, unknown>[]; eventSources?: object },
): Promise<Cost> {
  const env = { BENCH_RECORDS: String(rows) };
  const offline = await runOffline(options, { name: "nothing", inProcess, env, ...given });
  const began = await offline.printed("polling");
  const before = cpuSeconds([offline.pid]);
  const ended = await offline.printed("bench: seen");
  const cost = { seconds: (ended - began) / 1000, cpuSeconds: cpuSeconds([offline.pid]) - before };
  await offline.stop();
  return cost;
}

/** From the moment the group is joined, as the mapping is measured. */
async function kafkajs({ brokers }: Settings, rows: number): Promise<Cost> {
  const consumer = openKafka(brokers).consumer({ groupId: group() });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const joined = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  consumer.on(consumer.events.GROUP_JOIN, () => joined.resolve());
  let seen = 0;
  await consumer.run({
    eachBatch: async ({ batch }) => {
      seen += batch.messages.length;
      if (seen >= rows) done.resolve();
    },
  });
  await joined.promise;
  return await costOf([process.pid], () => done.promise).finally(() => consumer.disconnect());
}

/** The queue holds a batch more than is counted: the last one would wait for its window, and that wait is no work. */
const spare = 10_000;

/** Empties the quorum queue and fills it anew. */
async function fill({ rabbitmqUrl }: Settings, rows: number): Promise<void> {
  const connection = await connect(rabbitmqUrl);
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue(queue, { durable: true, arguments: { "x-queue-type": "quorum" } });
  await channel.purgeQueue(queue);
  for (let n = 0; n < rows + spare; n++) {
    channel.sendToQueue(queue, commitBody(n), { persistent: true, messageId: `bench-${n}` });
    if (n % 2000 === 1999) await channel.waitForConfirms();
  }
  await channel.waitForConfirms();
  await connection.close();
}

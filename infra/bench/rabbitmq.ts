import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ClickHouseClient } from "@clickhouse/client";
import { connect } from "amqplib";
import { v7 as uuidv7 } from "uuid";
import { chatMessage } from "../../events/chat-message.ts";
import type { Settings } from "../settings.ts";
import { applyQueues } from "../stack/topology.ts";
import { drainWithAmqplib } from "./amqplib-client.ts";
import type { Bench, BenchOptions } from "./bench.ts";
import { type Cost, cpuSeconds, rowsPerSecond } from "./cost.ts";
import { figure } from "./figure.ts";
import { logged } from "./ingest.ts";
import { runOffline } from "./offline.ts";
import { openPython } from "./python.ts";
import { openAdmin, openServices, pidOf } from "./services.ts";
import { interleave } from "./statistics.ts";
import { untilCount } from "./until.ts";

const queue = "chat.clickhouse";
/** One insert for each message takes minutes for what others do in seconds: its rate is measured on fewer. */
const fewest = 500;

const run = promisify(execFile);

/** The chat room: fanout exchange, quorum queue, index-chat, table. */
export const rabbitmq: Bench = {
  name: "rabbitmq",
  summary:
    "a backlog in RabbitMQ → mapping → index-chat → MergeTree, exactly once; peers: pika with an insert for each message, amqplib without any work",
  async *run(options) {
    const { rows = 100_000, rounds = 5, progress } = options;
    const python = await openPython(options, "pika==1.3.2", "clickhouse-connect==0.8.18");
    const settings = await openServices(options, "rabbitmq", "clickhouse");
    await applyQueues(settings);
    const admin = openAdmin(settings, options);
    const few = Math.min(rows, fewest);
    const ours = (inProcess: boolean) => async () => {
      await publish(settings, rows);
      return indexChat(options, settings, admin, rows, inProcess);
    };
    const measures: Record<string, () => Promise<Cost>> = {
      worker: ours(false),
      "in-process": ours(true),
      amqplib: async () => {
        await publish(settings, rows);
        return drainWithAmqplib(settings, queue, rows);
      },
    };
    const results = await interleave(rounds, logged(measures, rows, progress));
    const pika: Record<string, () => Promise<Cost>> = python
      ? {
          "pika, an insert for each message": async () => {
            await publish(settings, few);
            return consumeWithPika(python, settings, few);
          },
        }
      : {};
    const slow = await interleave(rounds, logged(pika, few, progress));
    for (const mode of ["worker", "in-process"]) {
      const rate = rowsPerSecond(rows, results[mode] ?? []);
      yield figure(
        "rabbitmq",
        `${mode}, against amqplib alone`,
        rate,
        rowsPerSecond(rows, results.amqplib ?? []),
        "rows/s",
      );
      for (const [name, costs] of Object.entries(slow))
        yield figure("rabbitmq", `${mode}, against ${name}`, rate, rowsPerSecond(few, costs), "rows/s");
    }
  },
};

async function indexChat(
  options: BenchOptions,
  settings: Settings,
  admin: ClickHouseClient,
  rows: number,
  inProcess: boolean,
): Promise<Cost> {
  await admin.command({ query: "TRUNCATE TABLE user_messages" });
  const arn = "arn:aws:mq:eu-central-1:000000000000:broker:bench:b-0";
  const secret = "arn:aws:secretsmanager:eu-central-1:000000000000:secret:bench";
  const offline = await runOffline(options, {
    name: "chat",
    inProcess,
    events: [{ rabbitmq: { arn, basicAuthArn: secret, queue, batchSize: 10_000 } }],
    eventSources: {
      endpoints: { [arn]: settings.rabbitmqUrl },
      secrets: { [secret]: { username: "rmq", password: settings.RABBITMQ_DEFAULT_PASS } },
    },
    env: { CLICKHOUSE_URL: settings.clickhouseUrl, CLICKHOUSE_PASSWORD: settings.CLICKHOUSE_PASSWORD },
  });
  const began = await offline.printed("polling");
  const pids = [pidOf(settings, "clickhouse"), offline.pid];
  const before = cpuSeconds(pids);
  const ended = await untilCount(admin, "user_messages", rows);
  const cost = { seconds: (ended - began) / 1000, cpuSeconds: cpuSeconds(pids) - before };
  await offline.stop();
  return cost;
}

async function publish({ rabbitmqUrl }: Settings, count: number): Promise<void> {
  const connection = await connect(rabbitmqUrl);
  const channel = await connection.createConfirmChannel();
  await channel.purgeQueue(queue);
  for (let n = 0; n < count; n++) {
    const body = chatMessage.encode({
      username: `user-${n % 500}`,
      message: `message ${n}: the quick brown fox jumps over the lazy dog`,
      sent_at: new Date().toISOString(),
    });
    channel.publish("chat", "", body, {
      persistent: true,
      messageId: uuidv7(),
      contentType: "application/json",
    });
    if (n % 2000 === 1999) await channel.waitForConfirms();
  }
  await channel.waitForConfirms();
  await connection.close();
}

async function consumeWithPika(python: string, settings: Settings, rows: number): Promise<Cost> {
  const { stdout } = await run(python, [join(import.meta.dirname, "pika_consumer.py"), String(rows)], {
    env: {
      ...process.env,
      CLICKHOUSE_PORT: String(settings.CLICKHOUSE_PORT),
      CLICKHOUSE_DEFAULT_PASSWORD: settings.CLICKHOUSE_DEFAULT_PASSWORD,
      RABBITMQ_URL: settings.rabbitmqUrl,
      BENCH_TABLE: "user_messages",
      BENCH_QUEUE: queue,
    },
  });
  return { seconds: Number(stdout), cpuSeconds: Number.NaN };
}

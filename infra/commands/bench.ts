import { Argument, type Command } from "commander";
import { parseCount } from "./arguments.ts";

/** Kept here as words: the benchmarks load every client there is, and `--help` needs none. A test holds the two together. */
export const benchNames = [
  "cold",
  "handler",
  "exactly-once",
  "query",
  "page",
  "faust",
  "freshness",
  "collect",
  "rabbitmq",
  "mapping",
  "cdc",
  "ingest",
];

const examples = `
Each benchmark measures ours and a peer in turns within one run and tells the median of the rounds and ours / peer:
  cold          size and import time of each function's bundle, against our goals
  handler       decode, validate and encode a batch, against JSON.parse alone and JSON.parse + JSON.stringify
  exactly-once  the same function with every safeguard and without any
  query         all that the page asks, against our goal; five endpoints in process, against the same SQL sent straight to ClickHouse
  page          each view in Chromium with 10,000,000 rows behind it: first contentful paint, longest task, against our goals
  faust         ratings classified per second, against faust-streaming
  freshness     one message through an idle pipeline, against ClickHouse's Kafka engine
  collect       events over HTTP, against an empty function; POST → ClickHouse at 1,000 events/s, against our goal
  rabbitmq      RabbitMQ → function → ClickHouse, against pika with an insert for each message, and amqplib alone
  mapping       poll → event → empty function, against kafkajs and amqplib alone
  cdc           Postgres → ClickHouse, a burst, 1,000 changes/s and a snapshot, against Debezium into a file
  ingest        Kafka → function → ClickHouse, against ClickHouse's Kafka engine

They start services of their own on free ports and stop them; what you have running is left alone, but would be measured too.

Examples:
  $ npx sluice bench handler
  $ npx sluice bench ingest --rows 200000 --rounds 3
  $ npx sluice bench --json > figures.ndjson`;

export function register(program: Command): void {
  program
    .command("bench")
    .summary("benchmarks, each a ratio against a peer in the same run")
    .description("Run one benchmark, or all of them. Figures go to stdout, progress to stderr.")
    .addArgument(new Argument("[name]", "only this one").choices(benchNames))
    .option("--rows <n>", "rows or messages of one measurement (default: each its own)", parseCount)
    .option("--rounds <n>", "measurements of each side (default: each its own)", parseCount)
    .option("--json", "one line for each figure: {bench, figure, ours, peer, unit, ratio}")
    .addHelpText("after", examples)
    .action(async (name: string | undefined, options: { rows?: number; rounds?: number; json?: boolean }) => {
      const { runBench } = await import("../bench/run.ts");
      await runBench(
        { name, ...options },
        (text) => process.stdout.write(text),
        (line) => process.stderr.write(`${line}\n`),
      );
    });
}

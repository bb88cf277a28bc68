import { Argument, type Command } from "commander";
import { parseCount, parseRate, parseSeed } from "./arguments.ts";

const sendExamples = `
Examples:
  $ npx sluice analytics send              10 events a second, until Ctrl-C
  $ npx sluice analytics send 1000 --count 60000
  $ npx sluice analytics send max --count 100000 --seed 1
  $ npx sluice ask events_funnel`;

export function register(program: Command): void {
  const analytics = program
    .command("analytics")
    .description("product events: traffic of a ticket shop over HTTP");
  analytics
    .command("send")
    .summary("visitors of a ticket shop, through the SDK to POST /v1/events/generator")
    .description(
      "Send what visitors of a ticket shop do, from the first page to the ticket or before it, through the SDK: in batches,\n" +
        "compressed, again while the collector is away. An event counts as sent when it is durable in Kafka.",
    )
    .addArgument(
      new Argument("[rate]", "events per second; max: as fast as they are taken")
        .default(10, "10")
        .argParser(parseRate),
    )
    .option("--rate <n>", "the same", parseRate)
    .option("--count <n>", "stop after so many (default: go on until Ctrl-C)", parseCount)
    .option("--seed <n>", "the same seed gives the same visitors (default: a new one, printed)", parseSeed)
    .option("--json", "print {seed, sent, dropped, seconds} to stdout at the end")
    .addHelpText("after", sendExamples)
    .action(send);
  analytics
    .command("start")
    .summary("the ingestion functions alone: collector, Kafka, store-events, ClickHouse")
    .description(
      "Do what `up` does for product events alone. Ctrl-C stops everything this command started and nothing else.",
    )
    .option("-d, --detach", "return when everything is ready and leave it running")
    .action(async (options: { detach?: boolean }) => {
      const { runUp } = await import("../stack/run-up.ts");
      process.env.SLUICE_MAPPINGS ??= "storeEvents";
      process.exitCode = await runUp(["clickhouse", "kafka", "functions"], { ...options, functions: true });
    });
}

async function send(
  given: number,
  options: { rate?: number; count?: number; seed?: number; json?: boolean },
): Promise<void> {
  const [{ loadSettings }, { traffic }, { anySeed }, { sendAnalytics }, { reportSending }] =
    await Promise.all([
      import("../settings.ts"),
      import("../generate/traffic.ts"),
      import("../generate/random.ts"),
      import("../generate/send-analytics.ts"),
      import("../terminal/report-sending.ts"),
    ]);
  const { rate = given, count = Number.POSITIVE_INFINITY, seed = anySeed() } = options;
  const { HTTP_PORT, SLUICE_WRITE_KEY } = loadSettings();
  const url = process.env.SLUICE_URL ?? `http://127.0.0.1:${HTTP_PORT}`;
  if (SLUICE_WRITE_KEY === "")
    throw new Error(
      "SLUICE_WRITE_KEY is not set in .env nor in the environment: `npx sluice up` writes one.",
    );
  if (options.seed === undefined) process.stderr.write(`--seed ${seed} repeats this run\n`);
  await reportSending("event", options.json, async (watched) => ({
    seed,
    ...(await sendAnalytics({ url, key: SLUICE_WRITE_KEY, visits: traffic(seed), rate, count, ...watched })),
  }));
}

import type { Command } from "commander";
import { parseCount, parseRate, parseSeed, parseTo } from "./arguments.ts";

const sendExamples = `
Examples:
  $ npx sluice ratings send --rate 100
  $ npx sluice ratings send --count 1000 --seed 1     the same 1000 humans each time
  $ npx sluice ratings send --rate max --count 1000000`;

const printExamples = `
Examples:
  $ npx sluice ratings print --to 15 | tail -1
    15  15 ShaDow
  $ npx sluice ratings print | awk '{ print $3 }' | sort | uniq -c`;

export function register(program: Command): void {
  const ratings = program
    .command("ratings")
    .description("rate humans (topic dominate), or classify them here");
  ratings
    .command("send")
    .summary("produce random humans to the topic dominate")
    .description(
      "Produce random humans, {rating 1..100, unique_id}, to the topic dominate. A rating counts as sent when Kafka\n" +
        "has acknowledged it on every in-sync replica; retries leave it there once.",
    )
    .option(
      "--rate <n>",
      "ratings per second; 0 or max: as fast as Kafka acknowledges (default: 10)",
      parseRate,
    )
    .option("--count <n>", "stop after so many (default: go on until Ctrl-C)", parseCount)
    .option(
      "--seed <n>",
      "the same seed gives the same humans, ids included (default: a new one, printed)",
      parseSeed,
    )
    .option("--json", "print {seed, sent, types, seconds} to stdout at the end")
    .addHelpText("after", sendExamples)
    .action(send);
  ratings
    .command("print")
    .summary("the algorithm alone: the type of every human")
    .description("Print number, type and type name of every human from 1 on. Needs no service.")
    .option("--to <n>", "the last human", parseTo, 1337)
    .option("--json", "one JSON array of {human, type, name}")
    .addHelpText("after", printExamples)
    .action(async ({ to, json }: { to: number; json?: boolean }) => {
      const { classifyAll, renderHumans } = await import("../generate/humans.ts");
      const list = classifyAll(to);
      process.stdout.write(json ? `${JSON.stringify(list)}\n` : renderHumans(list));
    });
}

async function send(options: {
  rate?: number;
  count?: number;
  seed?: number;
  json?: boolean;
}): Promise<void> {
  const [{ loadSettings }, { humans }, { anySeed }, { sendRatings }, { reportSending }] = await Promise.all([
    import("../settings.ts"),
    import("../generate/humans.ts"),
    import("../generate/random.ts"),
    import("../generate/send-ratings.ts"),
    import("../terminal/report-sending.ts"),
  ]);
  const { rate = 10, count = Number.POSITIVE_INFINITY, seed = anySeed() } = options;
  const { brokers } = loadSettings();
  if (options.seed === undefined) process.stderr.write(`--seed ${seed} repeats this run\n`);
  await reportSending("rating", options.json, async (watched) => ({
    seed,
    ...(await sendRatings({ brokers, humans: humans(seed), rate, count, ...watched })),
  }));
}

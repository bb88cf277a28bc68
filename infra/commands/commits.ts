import { type Command, Option } from "commander";
import { parseCount, parseRate, parseRepo, parseSeed } from "./arguments.ts";

const examples = `
Examples:
  $ npx sluice commits send --count 500 --seed 1     the same 500 commits each time
  $ npx sluice commits send --repo ann/tea --rate 2`;

interface SendOptions {
  source: "fake" | "github";
  repo?: string;
  rate?: number;
  count?: number;
  seed?: number;
  json?: boolean;
}

export function register(program: Command): void {
  program
    .command("commits")
    .description("produce commits (topic commits_topic)")
    .command("send")
    .summary("produce commits to the topic commits_topic")
    .description(
      "Produce commits to the topic commits_topic. A commit counts as sent when Kafka has acknowledged it on every in-sync\n" +
        "replica; however often it is sent, it is one row in github.commits.",
    )
    .addOption(
      new Option("--source <source>", "where they come from: invented, of the last 90 days")
        .choices(["fake", "github"])
        .default("fake"),
    )
    .option("--repo <owner/name>", "all of this repository (default: several invented ones)", parseRepo)
    .option(
      "--rate <n>",
      "commits per second; 0 or max: as fast as Kafka acknowledges (default: 10)",
      parseRate,
    )
    .option("--count <n>", "stop after so many (default: go on until Ctrl-C)", parseCount)
    .option(
      "--seed <n>",
      "the same seed gives the same commits, ids included (default: a new one, printed)",
      parseSeed,
    )
    .option("--json", "print {seed, sent, seconds} to stdout at the end")
    .addHelpText("after", examples)
    .action(async (options: SendOptions, command: Command) => {
      if (options.source === "github")
        command.error("error: --source github comes in a later version; --source fake invents commits.");
      await send(options);
    });
}

async function send(options: SendOptions): Promise<void> {
  const [{ loadSettings }, { commits }, { anySeed }, { sendCommits }, { reportSending }] = await Promise.all([
    import("../settings.ts"),
    import("../generate/commits.ts"),
    import("../generate/random.ts"),
    import("../generate/send-commits.ts"),
    import("../terminal/report-sending.ts"),
  ]);
  const { rate = 10, count = Number.POSITIVE_INFINITY, seed = anySeed(), repo } = options;
  const { brokers } = loadSettings();
  if (options.seed === undefined) process.stderr.write(`--seed ${seed} repeats this run\n`);
  const source = commits(seed, repo === undefined ? {} : { repo });
  await reportSending("commit", options.json, async (watched) => ({
    seed,
    ...(await sendCommits({ brokers, commits: source, rate, count, ...watched })),
  }));
}

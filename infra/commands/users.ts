import type { Command } from "commander";
import { parseCount, parseRate, parseSeed } from "./arguments.ts";

const examples = `
Examples:
  $ npx sluice users write --count 10 --rate max     ten people join
  $ npx sluice users write --rate 2                  and go on joining, moving, leaving, coming back, being renamed
  $ npx sluice sql "SELECT team, count() FROM github.users GROUP BY team"`;

interface WriteOptions {
  rate?: number;
  count?: number;
  seed?: number;
  json?: boolean;
}

export function register(program: Command): void {
  program
    .command("users")
    .description("change people in Postgres (table github_users)")
    .command("write")
    .summary("inserts, updates, deletes in Postgres' table github_users")
    .description(
      "Let people join, move between teams, be promoted, turn a year older, leave, come back and be renamed in Postgres' table\n" +
        "github_users, each in a transaction of its own. Change data capture brings them to github.users. It starts from the people\n" +
        "there are; who is renamed keeps the old name in github_user_aliases.",
    )
    .option("--rate <n>", "changes per second; 0 or max: as fast as Postgres commits (default: 1)", parseRate)
    .option("--count <n>", "stop after so many (default: go on until Ctrl-C)", parseCount)
    .option(
      "--seed <n>",
      "the same seed makes the same changes to the same people (default: a new one, printed)",
      parseSeed,
    )
    .option("--json", "print {seed, sent, join, move, …, seconds} to stdout at the end")
    .addHelpText("after", examples)
    .action(write);
}

async function write(options: WriteOptions): Promise<void> {
  const [{ loadSettings }, { anySeed }, { writePeople }, { reportSending }] = await Promise.all([
    import("../settings.ts"),
    import("../generate/random.ts"),
    import("../generate/write-people.ts"),
    import("../terminal/report-sending.ts"),
  ]);
  const { rate = 1, count = Number.POSITIVE_INFINITY, seed = anySeed() } = options;
  const { postgresUrl: url } = loadSettings();
  if (options.seed === undefined) process.stderr.write(`--seed ${seed} repeats this run\n`);
  await reportSending("change", options.json, async (watched) => ({
    seed,
    ...(await writePeople({ url, seed, rate, count, ...watched })),
  }));
}

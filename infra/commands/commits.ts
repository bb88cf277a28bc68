import { type Command, Option } from "commander";
import { parseCount, parseDate, parseRate, parseRepo, parseSeed, parseUrl } from "./arguments.ts";

const examples = `
Examples:
  $ npx sluice commits send --count 500 --seed 1     the same 500 commits each time
  $ npx sluice commits send --repo ann/tea --rate 2
  $ GITHUB_TOKEN=… npx sluice commits send --source github --repo ClickHouse/clickhouse-js
  $ npx sluice commits send --source github --repo ann/tea --github-url https://github.example.org/api/v3`;

interface SendOptions {
  source: "fake" | "github";
  repo?: string;
  rate?: number;
  count?: number;
  seed?: number;
  branch?: string;
  since?: Date;
  githubUrl?: string;
  lines?: boolean;
  restart?: boolean;
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
        "replica; however often it is sent, it is one row in github.commits. Invented ones are by the people in Postgres\n" +
        "(table github_users) when there are any, else by a few invented ones.\n\n" +
        "--source github reads the history of a repository's branch and goes on where the last run stopped; GITHUB_TOKEN is the\n" +
        "token it asks with. Rate limits are waited for.",
    )
    .addOption(
      new Option("--source <source>", "where they come from: invented ones are of the last 90 days")
        .choices(["fake", "github"])
        .default("fake"),
    )
    .option(
      "--repo <owner/name>",
      "all of this repository (default: several invented ones; github needs one)",
      parseRepo,
    )
    .option(
      "--rate <n>",
      "commits per second; 0 or max: as fast as Kafka acknowledges (default: 10; github: max)",
      parseRate,
    )
    .option("--count <n>", "stop after so many (default: go on until Ctrl-C)", parseCount)
    .option(
      "--seed <n>",
      "the same seed gives the same commits by the same people, ids included (default: a new one, printed)",
      parseSeed,
    )
    .option(
      "--json",
      "print {seed, sent, seconds} to stdout at the end; github: {repo, sent, complete, seconds}",
    )
    .optionsGroup("GitHub:")
    .option("--branch <name>", "this branch's history (default: the default branch's)")
    .option("--since <date>", "leave out what was committed before, when nothing was sent yet", parseDate)
    .option(
      "--github-url <url>",
      "the API's address (default: GITHUB_API_URL, else https://api.github.com)",
      parseUrl,
    )
    .option(
      "--lines",
      "with the lines each commit adds and deletes: one request a commit, and without a token GitHub answers only " +
        "60 an hour; a commit that was sent without them stays without",
    )
    .option("--restart", "from the beginning, whatever was sent before")
    .addHelpText("after", examples)
    .action(async (options: SendOptions, command: Command): Promise<void> => {
      if (options.source === "fake") return send(options);
      const { repo } = options;
      if (repo === undefined) command.error("error: --source github needs --repo OWNER/NAME.");
      else await sendFromGitHub(repo, options);
    });
}

async function send(options: SendOptions): Promise<void> {
  const [
    { loadSettings },
    { commits },
    { openPeopleAuthors },
    { anySeed },
    { sendCommits },
    { reportSending },
  ] = await Promise.all([
    import("../settings.ts"),
    import("../generate/commits.ts"),
    import("../generate/people-authors.ts"),
    import("../generate/random.ts"),
    import("../generate/send-commits.ts"),
    import("../terminal/report-sending.ts"),
  ]);
  const { rate = 10, count = Number.POSITIVE_INFINITY, seed = anySeed(), repo } = options;
  const { brokers, postgresUrl } = loadSettings();
  if (options.seed === undefined) process.stderr.write(`--seed ${seed} repeats this run\n`);
  const people = await openPeopleAuthors(postgresUrl);
  if (people?.people()) process.stderr.write(`the authors are the ${people.people()} people in Postgres\n`);
  const source = commits(seed, {
    ...(repo !== undefined && { repo }),
    ...(people && { authors: people.authors }),
  });
  try {
    await reportSending("commit", options.json, async (watched) => ({
      seed,
      ...(await sendCommits({ brokers, commits: source, rate, count, ...watched })),
    }));
  } finally {
    await people?.close();
  }
}

async function sendFromGitHub(repo: string, options: SendOptions): Promise<void> {
  const [{ loadSettings }, { openGitHub }, { openCursor }, { sendGitHubCommits }, { reportSending }] =
    await Promise.all([
      import("../settings.ts"),
      import("../../functions/lib/github/api.ts"),
      import("../generate/github-cursor.ts"),
      import("../generate/send-github-commits.ts"),
      import("../terminal/report-sending.ts"),
    ]);
  const { rate = Number.POSITIVE_INFINITY, count = Number.POSITIVE_INFINITY, branch, since, lines } = options;
  const settings = loadSettings();
  const GITHUB_API_URL = options.githubUrl ?? settings.GITHUB_API_URL;
  const cursor = openCursor(settings.home, GITHUB_API_URL, repo, branch);
  if (options.restart) cursor.remove();
  await reportSending("commit", options.json, ({ onNotice, ...watched }) => {
    let waiting = 0;
    const onWait = (seconds: number) => {
      if (Date.now() < waiting) return; // Several requests wait for the same limit.
      waiting = Date.now() + seconds * 1000;
      const end = new Date(waiting).toTimeString().slice(0, 8);
      onNotice(
        `GitHub's rate limit is used up; going on at ${end}${settings.GITHUB_TOKEN ? "" : " (GITHUB_TOKEN raises it)"}`,
      );
    };
    const { GITHUB_TOKEN } = settings;
    const github = openGitHub({ GITHUB_API_URL, GITHUB_TOKEN, patience: Number.POSITIVE_INFINITY, onWait });
    const history = { github, cursor, repo, branch, since, lines };
    return sendGitHubCommits({ brokers: settings.brokers, ...history, rate, count, ...watched });
  });
}

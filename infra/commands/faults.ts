import type { Command } from "commander";
import type { FailedRun, Report } from "../faults/faults.ts";
import { parseCount, parseSeed } from "./arguments.ts";

const examples = `
Examples:
  $ npx sluice faults --runs 1000 --seed 7
  $ npx sluice faults --runs 1 --seed 3122148644     one run again, as a failure printed it
  $ npx sluice faults --runs 100 --json | jq .faults

  $ npx sluice faults --runs 50 --through-brokers     whole stack: RabbitMQ, Kafka, mappings, functions

Starts what it needs for itself and touches nothing else. As root it also fills a small disk made for it.`;

interface Options {
  runs: number;
  seed?: number;
  json?: boolean;
  throughBrokers?: boolean;
}

export function register(program: Command): void {
  program
    .command("faults")
    .summary("break things on purpose, and check that every record counts once")
    .description(
      "Kill functions and ClickHouse, cut and delay their connections, break views, fill the disk, and deliver batches again in\n" +
        "every shape, by seeded plans; then compare, record by record, what was sent with the tables and their views.\n" +
        "Exit code 3 when a record is lost or counted twice.",
    )
    .option("--runs <n>", "how many", parseCount, 100)
    .option("--seed <n>", "the same seed makes the same plans (default: a new one, printed)", parseSeed)
    .option("--through-brokers", "through the real brokers, mappings and functions, each of them killed")
    .option("--json", "print {runs, seed, lost, duplicated, view_mismatches, faults} to stdout at the end")
    .addHelpText("after", examples)
    .action(execute);
}

async function execute({ runs, seed, json, throughBrokers }: Options): Promise<void> {
  const { anySeed } = await import("../generate/random.ts");
  const { interruptible } = await import("../terminal/interrupt.ts");
  const { openProgress } = await import("../terminal/progress.ts");
  const first = seed ?? anySeed();
  const progress = openProgress(throughBrokers ? "starting a stack" : "starting ClickHouse");
  const start = performance.now();
  const seconds = () => ((performance.now() - start) / 1000).toFixed(1);
  const onRun = (done: number) => progress.update(`${done} of ${runs} runs, seed ${first}, ${seconds()} s`);
  const how = { runs, seed: first, onRun, note: progress.note };
  const { result, interrupted } = await interruptible((signal) =>
    throughBrokers ? breakStack({ ...how, signal }) : breakFunctions({ ...how, signal }),
  );
  progress.end(`${result.runs} runs with seed ${first} in ${seconds()} s: ${sentence(result)}`);
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : renderFaults(result));
  process.exitCode = interrupted ?? (isClean(result) ? 0 : 3);
}

interface How {
  runs: number;
  seed: number;
  signal: AbortSignal;
  onRun(done: number): void;
  note(line: string): void;
}

async function breakFunctions({ note, runs, seed, ...watch }: How): Promise<Report> {
  const { allSafeguards } = await import("../../functions/lib/write-once/safeguards.ts");
  const { runFaults } = await import("../faults/faults.ts");
  const { openWorld } = await import("../faults/world.ts");
  const world = await openWorld();
  if (!world.conditions.includes("disk_full"))
    note("The disk is not filled: only root may make a small one.");
  try {
    const onFailure = (failed: FailedRun) => note(describeFailure(failed));
    return await runFaults(world, { runs, seed }, allSafeguards, { ...watch, onFailure });
  } finally {
    await world.close();
  }
}

async function breakStack({ note, runs, seed, ...watch }: How): Promise<Report> {
  const { runThroughBrokers } = await import("../faults/through-brokers.ts");
  return runThroughBrokers({ runs, seed }, { ...watch, onFailure: note });
}

type Errors = Pick<Report, "lost" | "duplicated" | "view_mismatches">;

const isClean = ({ lost, duplicated, view_mismatches }: Errors) => lost + duplicated + view_mismatches === 0;

const sentence = ({ lost, duplicated, view_mismatches }: Errors) =>
  `${lost} lost, ${duplicated} duplicated, ${view_mismatches} view mismatches.`;

const renderFaults = ({ faults }: Report) =>
  Object.entries(faults)
    .sort()
    .map(([name, count]) => `${String(count).padStart(7)}  ${name}\n`)
    .join("");

/** All that is needed to look into a failure without running it again. */
function describeFailure({ plan, result, log }: FailedRun): string {
  const { seed, pipeline, steps } = plan;
  return [
    `Run with seed ${seed} (${pipeline}): ${sentence(result)} Again: npx sluice faults --runs 1 --seed ${seed}`,
    ...result.findings.map((finding) => `  ${finding}`),
    "  the plan:",
    ...steps.map((step) => `    ${JSON.stringify(step)}`),
    "  what the functions logged:",
    ...log.map((line) => `    ${line}`),
  ].join("\n");
}

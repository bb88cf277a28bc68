import type { Command } from "commander";

const consumerExamples = `
Examples:
  $ npx sluice new consumer page-view
      topic and table page_views, contract events/page-view.ts, function functions/store-page-views
  $ npx sls invoke local -f storePageViews -p events/samples/kafka.page-views.json`;

const queryExamples = `
Examples:
  $ npx sluice new query page-views-per-day --table page_views
  $ npx sluice ask page_views_per_day`;

export function register(program: Command): void {
  const create = program.command("new").description("a new pipeline or endpoint, ready to fill in");
  create
    .command("consumer")
    .summary("a Kafka topic into a table: contract, migration, function, trigger, sample and test")
    .description(
      "Make all that carries a Kafka topic into a table of its own, exactly once: contract, migration, function, trigger, sample\n" +
        "and test. It runs as it is; then give the contract, the migration and the columns of the function your fields.",
    )
    .argument("<noun>", "what one message is, in the singular: page-view")
    .option("--json", "print the paths as a JSON array")
    .addHelpText("after", consumerExamples)
    .action(async (noun: string, { json }: { json?: boolean }) => {
      const { consumerChanges } = await import("../scaffold/consumer.ts");
      const { nextMigration } = await import("../scaffold/apply.ts");
      await make(noun, json, async (names, root) => consumerChanges(names, await nextMigration(root)));
    });
  create
    .command("query")
    .summary("an endpoint: a query value, listed")
    .description(
      "Make an endpoint that counts the rows of a table; then give it your parameters, SQL, row and example.",
    )
    .argument("<name>", "the endpoint's name: page-views-per-day")
    .requiredOption("--table <table>", "the table it asks: page_views, or database.table")
    .option("--json", "print the paths as a JSON array")
    .addHelpText("after", queryExamples)
    .action(async (name: string, { table, json }: { table: string; json?: boolean }, command: Command) => {
      if (!/^(\w+\.)?\w+$/.test(table))
        command.error(`error: --table ${table} is no table: give table or database.table.`);
      const { queryChanges } = await import("../scaffold/query.ts");
      await make(name, json, async (names) => queryChanges(names, table));
    });
}

type Changes = import("../scaffold/apply.ts").Change[];
type Names = import("../scaffold/names.ts").Names;

async function make(
  noun: string,
  json: boolean | undefined,
  changesOf: (names: Names, root: string) => Promise<Changes>,
): Promise<void> {
  const { applyChanges } = await import("../scaffold/apply.ts");
  const { namesOf } = await import("../scaffold/names.ts");
  const { projectRoot } = await import("../settings.ts");
  const paths = await applyChanges(projectRoot, await changesOf(namesOf(noun), projectRoot));
  const lines = paths.map((path) => `wrote ${path}\n`).join("");
  process.stdout.write(json ? `${JSON.stringify(paths)}\n` : lines);
}

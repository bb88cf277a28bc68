import type { Command } from "commander";

const examples = `
Examples:
  $ npx sluice cdc setup
  $ npx sluice cdc setup --snapshot        read every table anew, after a lost slot
  $ npx sluice cdc status --json`;

export function register(program: Command): void {
  const cdc = program
    .command("cdc")
    .description("change data capture: Postgres tables, copied into ClickHouse as they change (sql/cdc.yml)")
    .addHelpText("after", examples);
  cdc
    .command("setup")
    .summary("make and check all that is between Postgres and ClickHouse")
    .description(
      "Check Postgres and the tables of sql/cdc.yml, then make what is missing: the replication user, the publication, topics, the copies " +
        "and views in ClickHouse, and Debezium's connector. It may be repeated: what is right is left alone.",
    )
    .option(
      "--snapshot",
      "read every table anew with a new slot; until that is done the views show what was read",
    )
    .option("--json", "one JSON document")
    .addHelpText("after", examples)
    .action(async (options: { snapshot?: true; json?: true }) => {
      const [{ setUp }, { readCdcConfig }, { loadSettings }, { openProgress }] = await Promise.all([
        import("../cdc/setup.ts"),
        import("../cdc/config.ts"),
        import("../settings.ts"),
        import("../terminal/progress.ts"),
      ]);
      const progress = openProgress("setting up");
      try {
        const note = (text: string) => progress.update(text);
        const outcome = await setUp(loadSettings(), readCdcConfig(), { ...options, note });
        progress.end();
        if (options.json) process.stdout.write(`${JSON.stringify(outcome)}\n`);
        else process.stdout.write(describe(outcome));
      } finally {
        progress.end();
      }
    });
}

interface Outcome {
  connector: string;
  tables: { table: string; view: string; created: boolean; added: string[]; readAgain: boolean }[];
}

function describe({ connector, tables }: Outcome): string {
  const lines = tables.map(({ table, view, created, added, readAgain }) => {
    const done = [
      created ? "made" : added.length > 0 ? `has ${added.join(", ")} now` : "was there",
      ...(readAgain ? ["its rows are being read"] : []),
    ];
    return `${table} → ${view}: ${done.join(", ")}\n`;
  });
  return `${lines.join("")}connector ${connector}\n`;
}

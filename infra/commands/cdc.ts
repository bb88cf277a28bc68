import type { Command } from "commander";

const examples = `
Examples:
  $ npx sluice cdc setup
  $ npx sluice cdc setup --snapshot        read every table anew, after a lost slot
  $ npx sluice cdc status --json
  $ npx sluice cdc verify`;

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
  cdc
    .command("status")
    .summary("how far each side is")
    .description(
      "Show the connector, the slot and how far each table is behind; exit code 3 when the capture does not run.",
    )
    .option("--json", "one JSON document")
    .action(async ({ json }: { json?: true }) => {
      const [{ readCdcStatus }, { readCdcConfig }, { loadSettings }, { renderCdcStatus }] = await Promise.all(
        [
          import("../cdc/status.ts"),
          import("../cdc/config.ts"),
          import("../settings.ts"),
          import("./cdc-render.ts"),
        ],
      );
      const status = await readCdcStatus(loadSettings(), readCdcConfig());
      process.stdout.write(json ? `${JSON.stringify(status)}\n` : renderCdcStatus(status));
      if (!status.ok) process.exitCode = 3;
    });
  cdc
    .command("verify")
    .summary("prove that the copies are right")
    .description(
      "Compare counts and checksums of every table, by ranges of keys, with its view in ClickHouse, while writes go on. " +
        "Prints the keys that differ; exit code 3 when one does.",
    )
    .argument("[table]", "only this one, such as public.github_users or github.users")
    .option("--json", "one JSON document")
    .addHelpText(
      "after",
      `
Examples:
  $ npx sluice cdc verify
  $ npx sluice cdc verify github.users --json`,
    )
    .action(async (table: string | undefined, { json }: { json?: true }) => {
      const [{ verify }, { readCdcConfig }, { loadSettings }, { renderVerdicts }] = await Promise.all([
        import("../cdc/verify.ts"),
        import("../cdc/config.ts"),
        import("../settings.ts"),
        import("./cdc-render.ts"),
      ]);
      const verdicts = await verify(loadSettings(), readCdcConfig(), table);
      process.stdout.write(json ? `${JSON.stringify({ tables: verdicts })}\n` : renderVerdicts(verdicts));
      if (verdicts.some(({ differences }) => differences.length > 0)) process.exitCode = 3;
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

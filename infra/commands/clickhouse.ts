import type { Command } from "commander";

const examples = `
Examples:
  $ npx sluice clickhouse health
  $ npx sluice clickhouse health --json | jq '.tables[].problems[].mend'`;

export function register(program: Command): void {
  const clickhouse = program.command("clickhouse").description("look after ClickHouse");
  clickhouse
    .command("setup")
    .summary("the migrations; with --tiers the retention of product events, too")
    .description(
      "Apply the migrations, as `sluice migrate` does. With --tiers the tables of product events move from the hot disk to a cold\n" +
        "one after 30 days, to an archive after 90, compressed harder, and end after two years; ticket sales after seven.",
    )
    .option("--tiers", "storage tiers, by the server's storage policy `tiered`")
    .option("--json", "print {applied, tiers}")
    .action(setup);
  clickhouse
    .command("health")
    .summary("whether rows count once: engines, deduplication windows, views")
    .description(
      "Check the server's version, and of every table that functions write and every view behind it the engine and the\n" +
        "deduplication window. Functions check the same at their cold start. Exit code 3 when something is wrong.",
    )
    .option("--json", "print one JSON document")
    .addHelpText("after", examples)
    .action(async ({ json }: { json?: boolean }) => {
      const { checkHealth, renderHealth } = await import("../ops/health.ts");
      const { loadSettings } = await import("../settings.ts");
      const health = await checkHealth(loadSettings());
      process.stdout.write(json ? `${JSON.stringify(health)}\n` : renderHealth(health));
      if (!health.healthy) process.exitCode = 3;
    });
}

async function setup({ tiers, json }: { tiers?: boolean; json?: boolean }): Promise<void> {
  const { applyMigrations } = await import("../migrate/apply.ts");
  const { applyTiers } = await import("../ops/tiers.ts");
  const { loadSettings } = await import("../settings.ts");
  const settings = loadSettings();
  const applied = await applyMigrations(settings);
  const tables = tiers ? await applyTiers(settings) : [];
  if (json) return void process.stdout.write(`${JSON.stringify({ applied, tiers: tables })}\n`);
  const lines = [
    ...applied.map((name) => `applied ${name}`),
    ...tables.map(({ table, changed }) => `${changed ? "tiered " : "was so "} ${table}`),
  ];
  process.stdout.write(`${lines.join("\n") || "Nothing to apply."}\n`);
}

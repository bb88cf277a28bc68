import type { Command } from "commander";

const examples = `
Examples:
  $ npx sluice clickhouse health
  $ npx sluice clickhouse health --json | jq '.tables[].problems[].mend'`;

export function register(program: Command): void {
  const clickhouse = program.command("clickhouse").description("look after ClickHouse");
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

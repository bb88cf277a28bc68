import type { Command } from "commander";

export function register(program: Command): void {
  program
    .command("status")
    .summary("what runs, where, since when and by which means")
    .description("Ask every service now, and show what the event source mappings reported last.")
    .option("--json", "print one JSON document, the contract for scripts")
    .action(async (options: { json?: true }) => {
      const [{ loadSettings }, { readStatus }, { statusTable }] = await Promise.all([
        import("../settings.ts"),
        import("../stack/status.ts"),
        import("../stack/status-table.ts"),
      ]);
      const status = await readStatus(loadSettings());
      process.stdout.write(options.json ? `${JSON.stringify(status)}\n` : statusTable(status));
    });
}

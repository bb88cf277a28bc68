import type { Command } from "commander";

const examples = `
Examples:
  $ npx sluice trace 019a3c1e-…                 a chat message, by its message id
  $ npx sluice trace dominate:2:40              a rating, by where it first entered the system
  $ npx sluice trace shadow:5:17 --json         a record, by where it was read`;

export function register(program: Command): void {
  program
    .command("trace")
    .summary("where a record went: its row and batch, or why it was rejected")
    .description(
      "Look for what came of one record: the table rows it became, with their batch and the time they were written, or the\n" +
        "reason it is in the quarantine. Exit code 1 when nothing did.",
    )
    .argument("<id>", "a message id, a commit or event id, or <topic>:<partition>:<offset>")
    .option("--json", "print {id, rows, quarantined, looked_in}")
    .addHelpText("after", examples)
    .action(async (id: string, { json }: { json?: boolean }) => {
      const { trace, renderTrace } = await import("./trace-rows.ts");
      const found = await trace(id);
      process.stdout.write(json ? `${JSON.stringify(found)}\n` : renderTrace(found));
      if (found.rows.length + found.quarantined.length === 0) process.exitCode = 1;
    });
}

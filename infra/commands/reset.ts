import { createInterface } from "node:readline/promises";
import type { Command } from "commander";

export function register(program: Command): void {
  program
    .command("reset")
    .summary("delete the local data")
    .description(
      "Stop everything and delete what the local services hold: tables, topics, queues and logs. " +
        "`.env` and given services are not touched.",
    )
    .option("-y, --yes", "do not ask")
    .action(async (options: { yes?: true }, command: Command) => {
      const [{ loadSettings }, { reset }] = await Promise.all([
        import("../settings.ts"),
        import("../stack/reset.ts"),
      ]);
      const settings = loadSettings();
      if (!options.yes) {
        if (!process.stdin.isTTY)
          command.error("error: this deletes all local data; say --yes where nobody can be asked");
        const agreed = await ask(`Stop everything and delete the data in ${settings.home}? [y/N] `);
        if (!agreed) return;
      }
      await reset(settings);
      process.stderr.write(`Deleted the data in ${settings.home}.\n`);
    });
}

async function ask(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(question)).trim());
  } finally {
    terminal.close();
  }
}

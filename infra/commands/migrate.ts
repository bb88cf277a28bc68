import type { Command } from "commander";

const json = ["--json", "print one JSON document"] as const;

export function register(program: Command): void {
  const migrate = program
    .command("migrate")
    .description("apply the migrations of sql/ that ClickHouse does not have yet, in order")
    .option(...json)
    .action(async (options: { json?: boolean }) => {
      const { applyMigrations, loadSettings } = await modules();
      const applied = await applyMigrations(loadSettings());
      const lines = applied.map((name) => `applied ${name}`).join("\n");
      console.log(options.json ? JSON.stringify({ applied }) : lines || "Nothing to apply.");
    });
  migrate
    .command("status")
    .description("how each file stands; exit code 3 when one is changed or its file is gone")
    .option(...json)
    .action(async (_options: object, command: Command) => {
      const { readMigrationStatus, loadSettings } = await modules();
      const migrations = await readMigrationStatus(loadSettings());
      if (command.optsWithGlobals().json) console.log(JSON.stringify({ migrations }));
      else
        for (const one of migrations)
          console.log(`${one.state.padEnd(8)} ${one.name} ${one.applied_at ?? ""}`.trimEnd());
      if (migrations.some(({ state }) => state === "changed" || state === "unknown")) process.exitCode = 3;
    });
}

/** Loaded when the command runs: `--help` does without the ClickHouse client. */
const modules = async () => ({
  ...(await import("../migrate/apply.ts")),
  ...(await import("../settings.ts")),
});

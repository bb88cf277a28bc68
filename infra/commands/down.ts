import type { Command } from "commander";

export function register(program: Command): void {
  program
    .command("down")
    .summary("stop everything")
    .description(
      "Stop everything of this project that runs here, whoever started it: the functions first, when their batches have " +
        "ended, then the services. The data stays; given services are not touched.",
    )
    .action(async () => {
      const [{ loadSettings }, { down }] = await Promise.all([
        import("../settings.ts"),
        import("../stack/down.ts"),
      ]);
      const stopped = await down(loadSettings());
      if (stopped.length === 0) process.stderr.write("Nothing was running.\n");
    });
}

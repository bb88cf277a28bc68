import type { Command } from "commander";

export function register(program: Command): void {
  program
    .command("demo")
    .summary("everything, with people chatting and humans being rated")
    .description(
      "Do what `up` does, then send chat messages and ratings at a gentle rate and count what arrives in ClickHouse. " +
        "Ctrl-C stops all it started.",
    )
    .action(async () => {
      const [{ runUp }, { runDemo }] = await Promise.all([
        import("../stack/run-up.ts"),
        import("../stack/demo.ts"),
      ]);
      process.exitCode = await runUp([], { functions: true }, runDemo);
    });
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { Argument, type Command } from "commander";
import { serviceNames } from "../stack/service.ts";
import { parseCount } from "./arguments.ts";

/** `guard` cleans up after an `up` that vanished; the last two are the installers. */
const names = [...serviceNames, "guard", "maven", "apt"];

export function register(program: Command): void {
  program
    .command("logs")
    .summary("a service's log")
    .description("Print the end of a service's log. Logs are kept in SLUICE_HOME/logs.")
    .addArgument(new Argument("<service>", "whose log").choices(names))
    .option("-f, --follow", "go on printing what is added, until Ctrl-C")
    .option("-n, --lines <n>", "how many lines of its end", parseCount, 200)
    .action(async (name: string, { follow, lines }: { follow?: true; lines: number }) => {
      const [{ loadSettings }, { logFile }] = await Promise.all([
        import("../settings.ts"),
        import("../stack/log.ts"),
      ]);
      const file = logFile(loadSettings(), name);
      if (!existsSync(file)) throw new Error(`${file} does not exist: ${name} was not started here yet`);
      // -F goes on with the new file when a log is set aside.
      const tail = spawn("tail", ["-n", String(lines), ...(follow ? ["-F"] : []), file], {
        stdio: "inherit",
      });
      const stop = () => tail.kill();
      process.on("SIGINT", stop).on("SIGTERM", stop);
      await once(tail, "exit");
    });
}

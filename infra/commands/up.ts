import { Argument, type Command } from "commander";
import { type ServiceName, serviceNames } from "../stack/service.ts";

type Options = { detach?: true; functions: boolean; compose?: true; aws?: true };

export function register(program: Command): void {
  program
    .command("up")
    .summary("start everything and stay; Ctrl-C stops what it started")
    .description(
      "Start the services, make their tables, topics and queues, and run the functions with `sls offline`.\n" +
        "What runs already is left alone, so on a running stack this starts again only what died.\n" +
        "Ctrl-C stops everything this command started and nothing else.",
    )
    .addArgument(new Argument("[service...]", "only these").choices(serviceNames))
    .option("-d, --detach", "return when everything is ready and leave it running; `sluice down` stops it")
    .option(
      "--no-functions",
      "the services only: run `npx sls offline start` yourself, with a debugger for example",
    )
    .option("--compose", "run the services in containers")
    .option("--aws", "run the functions in an emulated AWS")
    .addHelpText(
      "after",
      `
A service you have already is used instead of one of ours: set CLICKHOUSE_URL, KAFKA_BROKERS,
RABBITMQ_URL, POSTGRES_URL or CONNECT_URL.
Ours listen on 127.0.0.1; ports, passwords and keys are in .env, which the first start writes.

Examples:
  $ npx sluice up
  $ npx sluice up --detach && npx sluice status
  $ npx sluice up clickhouse --detach`,
    )
    .action(async (names: ServiceName[], options: Options, command: Command) => {
      for (const later of ["compose", "aws"] as const) {
        if (options[later])
          command.error(`error: --${later} is not there yet; without it the services run natively.`);
      }
      const { runUp } = await import("../stack/run-up.ts");
      process.exitCode = await runUp(names, options);
    });
}

import { once } from "node:events";
import type { Command } from "commander";

const examples = `
Brokers are found as the plugin finds them: custom.eventSources.endpoints in the file, else KAFKA_BROKERS and RABBITMQ_URL.

Examples:
  $ sam local start-lambda &
  $ npx sluice mappings run --config template.yaml --endpoint http://127.0.0.1:3001
  $ npx sluice mappings run --config serverless.yml --endpoint http://127.0.0.1:4566 --mapping storeShadow`;

interface Options {
  config: string;
  endpoint: string;
  mapping?: string[];
  resetOffsets: boolean;
}

export function register(program: Command): void {
  const mappings = program
    .command("mappings")
    .description("event source mappings for any emulator of Lambda");
  mappings
    .command("run")
    .summary("poll the brokers and invoke functions through a Lambda endpoint")
    .description(
      "Poll the brokers of the kafka, msk and rabbitmq events in a file and invoke their functions through Lambda's\n" +
        "Invoke API, until Ctrl-C: for emulators that know these mappings and never poll.",
    )
    .requiredOption(
      "--config <file>",
      "serverless.yml, or a template of CloudFormation or SAM (JSON or YAML)",
    )
    .requiredOption("--endpoint <url>", "where Lambda's Invoke API listens")
    .option("--mapping <name...>", "run only these: <function>, or <function>:<topic or queue>")
    .option("--reset-offsets", "begin again at each Kafka mapping's starting position", false)
    .addHelpText("after", examples)
    .action(execute);
}

async function execute({ config, endpoint, mapping, resetOffsets }: Options): Promise<void> {
  const { startStandalone } = await import("../event-sources/standalone.ts");
  const { interruptible } = await import("../terminal/interrupt.ts");
  const print = (line: string) => void process.stderr.write(`${line}\n`);
  const { interrupted } = await interruptible(async (signal) => {
    const stop = await startStandalone({
      config,
      endpoint,
      ...(mapping && { only: mapping }),
      reset: resetOffsets,
      log: { notice: print, warning: print, error: print },
    });
    if (!signal.aborted) await once(signal, "abort");
    await stop();
  });
  process.exit(interrupted);
}

#!/usr/bin/env node
/** `event-sources run --config FILE --endpoint URL`: event source mappings for any emulator of Lambda. */
import { parseArgs } from "node:util";
import { startStandalone } from "./standalone.ts";

const usage = `Usage: event-sources run --config FILE --endpoint URL [--mapping NAME]… [--reset-offsets]

Polls the brokers of the kafka, msk and rabbitmq events in FILE and invokes their functions through
Lambda's Invoke API at URL, until Ctrl-C.

  --config    serverless.yml, or a template of CloudFormation or SAM (JSON or YAML)
  --endpoint  http://127.0.0.1:3001 (sam local start-lambda), :3002 (serverless-offline), :4566 (LocalStack, ministack)
  --mapping   run only this one: <function>, or <function>:<topic or queue>
  --reset-offsets
              begin again at each Kafka mapping's starting position

Brokers are found as the plugin finds them: custom.eventSources.endpoints, KAFKA_BROKERS, RABBITMQ_URL.
`;

const options = {
  config: { type: "string" },
  endpoint: { type: "string" },
  mapping: { type: "string", multiple: true },
  "reset-offsets": { type: "boolean", default: false },
  help: { type: "boolean" },
} as const;

/** Undefined when the words make no command. */
function readArguments() {
  try {
    const { positionals, values } = parseArgs({ allowPositionals: true, options });
    const { config, endpoint, help } = values;
    if (help) return { help };
    const isRun = positionals.length === 1 && positionals[0] === "run";
    return isRun && config !== undefined && endpoint !== undefined
      ? { ...values, config, endpoint }
      : undefined;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n`);
    return undefined;
  }
}

const given = readArguments();
if (given === undefined || !("config" in given)) {
  (given?.help ? process.stdout : process.stderr).write(usage);
  process.exit(given?.help ? 0 : 2);
}
const { config, endpoint, mapping } = given;
const print = (line: string) => void process.stderr.write(`${line}\n`);
try {
  const stop = await startStandalone({
    config,
    endpoint,
    reset: given["reset-offsets"],
    ...(mapping !== undefined && { only: mapping }),
    log: { notice: print, warning: print, error: print },
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void stop().then(() => process.exit()));
  }
} catch (error) {
  print((error as Error).message);
  process.exit(1);
}

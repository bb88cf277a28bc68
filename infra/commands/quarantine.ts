import type { Command } from "commander";
import { parseLimit } from "./arguments.ts";

const listExamples = `
Examples:
  $ npx sluice quarantine list --reason malformed_json
  $ npx sluice quarantine list --source kafka:dominate --limit 100 --json`;

const showExamples = `
Examples:
  $ npx sluice quarantine show 0199…
  $ npx sluice quarantine show 0199… --raw > body.bin`;

const replayExamples = `
Examples:
  $ npx sluice quarantine replay 0199…
  $ npx sluice quarantine show 0199… --raw > 0199….json     then mend it
  $ npx sluice quarantine replay --file 0199….json
  $ npx sluice quarantine replay --source kafka:dominate --reason invalid_event`;

interface ListOptions {
  reason?: string;
  source?: string;
  limit: number;
  json?: boolean;
}

export function register(program: Command): void {
  const quarantine = program
    .command("quarantine")
    .description("messages that could not become rows, and why");
  quarantine
    .command("list")
    .summary("the newest rejected messages")
    .description("List rejected messages, the newest first.")
    .option("--reason <reason>", "only this reason, such as malformed_json or invalid_event")
    .option("--source <source>", "only this source, such as kafka:dominate or rabbitmq:chat.clickhouse")
    .option("--limit <n>", "at most so many", parseLimit, 20)
    .option("--json", "one JSON array")
    .addHelpText("after", listExamples)
    .action(async ({ json, ...filter }: ListOptions) => {
      const { listQuarantine, renderList } = await import("./quarantine-rows.ts");
      const rows = await listQuarantine(filter);
      process.stdout.write(json ? `${JSON.stringify(rows)}\n` : renderList(rows));
    });
  quarantine
    .command("show")
    .summary("one rejected message")
    .description("Show one rejected message: where it came from, what is wrong with it, and what it holds.")
    .argument("<id>", "its id, as `quarantine list` shows it")
    .option("--raw", "the original bytes and nothing else, to stdout")
    .option("--json", "one JSON document; the body in base64")
    .addHelpText("after", showExamples)
    .action(async (id: string, { raw, json }: { raw?: boolean; json?: boolean }) => {
      const { showQuarantined, renderOne } = await import("./quarantine-rows.ts");
      const { body, ...row } = await showQuarantined(id);
      if (raw) process.stdout.write(body);
      else if (json) process.stdout.write(`${JSON.stringify({ ...row, body: body.toString("base64") })}\n`);
      else process.stdout.write(renderOne(row, body));
    });
  quarantine
    .command("replay")
    .summary("send rejected messages again, as they came or mended")
    .description(
      "Send rejected messages again the way they came: to their topic, their queue or the collector. What counts once still does,\n" +
        "however often it is replayed. What is rejected again is a new entry beside the old one.",
    )
    .argument("[id...]", "ids, as `quarantine list` shows them")
    .option(
      "--file <file>",
      "this file instead of the original bytes; its name is the id, unless one is given",
    )
    .option("--reason <reason>", "all new ones of this reason")
    .option("--source <source>", "all new ones of this source, such as kafka:dominate")
    .option("--json", "print {replayed, sources}")
    .addHelpText("after", replayExamples)
    .action(replay);
}

interface ReplayOptions {
  file?: string;
  reason?: string;
  source?: string;
  json?: boolean;
}

async function replay(ids: string[], { json, ...filter }: ReplayOptions, command: Command): Promise<void> {
  if (ids.length === 0 && !filter.file && !filter.reason && !filter.source)
    command.error("error: which ones? Give ids, --file, --reason or --source.");
  const { replayQuarantined } = await import("./quarantine-replay.ts");
  const { openProgress } = await import("../terminal/progress.ts");
  const progress = openProgress("replaying");
  try {
    const result = await replayQuarantined({ ids, ...filter }, (done) => progress.update(`replayed ${done}`));
    progress.end(`replayed ${result.replayed} ${result.replayed === 1 ? "message" : "messages"}`);
    if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
  } catch (error) {
    progress.end();
    throw error;
  }
}

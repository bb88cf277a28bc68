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
}

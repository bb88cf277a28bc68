import type { Command } from "commander";
import { collectParam } from "./arguments.ts";

const examples = `
Examples:
  $ npx sluice ask                                   the endpoints there are, and what each takes
  $ npx sluice ask shadow_types
  $ npx sluice ask chat_messages --param limit=5 --json`;

export function register(program: Command): void {
  program
    .command("ask")
    .summary("one named endpoint, as a table")
    .description(
      "Ask one endpoint of the HTTP API with the local read key. Without a name: list the endpoints.",
    )
    .argument("[endpoint]", "the endpoint's name")
    .option("--param <name=value>", "a parameter of the endpoint; repeatable", collectParam)
    .option("--json", "the answer as it comes: meta, data, rows, next, statistics")
    .addHelpText("after", examples)
    .action(async (name: string | undefined, options: { param?: Record<string, string>; json?: boolean }) => {
      const { askEndpoint, listEndpoints } = await import("./ask-api.ts");
      const { renderAnswer, renderEndpoints } = await import("./ask-render.ts");
      const print = (document: unknown, table: () => string) =>
        process.stdout.write(options.json ? `${JSON.stringify(document)}\n` : table());
      if (name === undefined) {
        const endpoints = await listEndpoints();
        print({ endpoints }, () => renderEndpoints(endpoints));
      } else {
        const answer = await askEndpoint(name, options.param ?? {});
        print(answer, () => renderAnswer(answer));
        if (answer.next !== null) process.stderr.write(`more rows: --param cursor=${answer.next}\n`);
      }
    });
}

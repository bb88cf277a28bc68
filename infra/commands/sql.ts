import { text } from "node:stream/consumers";
import type { Command } from "commander";
import { collectParam } from "./arguments.ts";

const examples = `
Examples:
  $ npx sluice sql "SELECT count() FROM user_messages"
  $ npx sluice sql "SELECT * FROM shadow LIMIT 5 FORMAT JSONEachRow"
  $ npx sluice sql "SELECT * FROM user_messages WHERE username = {who: String}" --param who=ann
  $ npx sluice sql --format Parquet "SELECT * FROM shadow" > shadow.parquet
  $ npx sluice sql - < query.sql`;

interface SqlOptions {
  format?: string;
  param?: Record<string, string>;
  json?: boolean;
}

export function register(program: Command): void {
  program
    .command("sql")
    .summary("one query, read-only")
    .description(
      "Run one query as the user reader, who can only read. The answer streams to stdout: as a table on a terminal, as\n" +
        "TSV with names otherwise, unless --format or the query's own FORMAT says how.",
    )
    .argument("<query>", "the query; - reads it from stdin")
    .option("--format <name>", "an output format of ClickHouse, such as JSONEachRow, CSVWithNames, Parquet")
    .option("--param <name=value>", "bound to {name: Type} in the query; repeatable", collectParam)
    .option("--json", "short for --format JSON")
    .addHelpText("after", examples)
    .action(async (given: string, { format, param = {}, json }: SqlOptions, command: Command) => {
      const query = given === "-" ? await text(process.stdin) : given;
      if (query.trim() === "") command.error("error: the query is empty");
      const { runSql } = await import("./sql-output.ts");
      const usual = process.stdout.isTTY ? "PrettyCompact" : "TSVWithNames";
      await runSql(query, param, format ?? (json ? "JSON" : usual));
    });
}

#!/usr/bin/env node
import { Command } from "commander";
import manifest from "../package.json" with { type: "json" };
import { register as registerAnalytics } from "./commands/analytics.ts";
import { register as registerAsk } from "./commands/ask.ts";
import { register as registerBench } from "./commands/bench.ts";
import { register as registerCdc } from "./commands/cdc.ts";
import { register as registerChat } from "./commands/chat.ts";
import { register as registerClickHouse } from "./commands/clickhouse.ts";
import { register as registerCommits } from "./commands/commits.ts";
import { register as registerDemo } from "./commands/demo.ts";
import { register as registerDown } from "./commands/down.ts";
import { register as registerFaults } from "./commands/faults.ts";
import { register as registerKeys } from "./commands/keys.ts";
import { register as registerLogs } from "./commands/logs.ts";
import { register as registerMappings } from "./commands/mappings.ts";
import { register as registerMigrate } from "./commands/migrate.ts";
import { register as registerNew } from "./commands/new.ts";
import { register as registerQuarantine } from "./commands/quarantine.ts";
import { register as registerRatings } from "./commands/ratings.ts";
import { register as registerReset } from "./commands/reset.ts";
import { register as registerSql } from "./commands/sql.ts";
import { register as registerStatus } from "./commands/status.ts";
import { register as registerTrace } from "./commands/trace.ts";
import { register as registerUp } from "./commands/up.ts";
import { register as registerUsers } from "./commands/users.ts";
import { quieten } from "./terminal/quieten.ts";
import { reportError } from "./terminal/report-error.ts";

const examples = `
Examples:
  $ npx sluice demo                                            everything, with events flowing
  $ npx sluice up --detach
  $ npx sluice chat send --username ann --message 'Hello 👋'
  $ npx sluice sql "SELECT * FROM user_messages"
  $ npx sluice ask shadow_types

Every command has --help with examples. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a check found something wrong.
SLUICE_DEBUG=1 shows where an error comes from.`;

const program = new Command("sluice")
  .description("Kafka and RabbitMQ events into ClickHouse, exactly once, through serverless functions.")
  .version(manifest.version)
  .addHelpText("after", examples)
  .showHelpAfterError("Add --help to see what it takes, with examples.")
  .exitOverride();

program.commandsGroup("Stack:");
registerUp(program);
registerDemo(program);
registerStatus(program);
registerLogs(program);
registerDown(program);
registerReset(program);
registerMappings(program);

program.commandsGroup("Events:");
registerChat(program);
registerRatings(program);
registerCommits(program);
registerAnalytics(program);
registerUsers(program);

program.commandsGroup("Answers:");
registerSql(program);
registerAsk(program);
registerKeys(program);
registerQuarantine(program);
registerTrace(program);

program.commandsGroup("Tables:");
registerMigrate(program);
registerClickHouse(program);
registerCdc(program);

program.commandsGroup("Code:");
registerNew(program);

program.commandsGroup("Proofs:");
registerBench(program);
registerFaults(program);

quieten();
const fail = (error: unknown) => {
  reportError(error);
  process.exit(); // a client that still looks for its server would keep the process
};
process.on("uncaughtException", fail);
await program.parseAsync().catch(fail);

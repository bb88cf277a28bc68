#!/usr/bin/env node
import { Command } from "commander";
import manifest from "../package.json" with { type: "json" };
import { register as registerAsk } from "./commands/ask.ts";
import { register as registerChat } from "./commands/chat.ts";
import { register as registerDemo } from "./commands/demo.ts";
import { register as registerDown } from "./commands/down.ts";
import { register as registerLogs } from "./commands/logs.ts";
import { register as registerMigrate } from "./commands/migrate.ts";
import { register as registerQuarantine } from "./commands/quarantine.ts";
import { register as registerRatings } from "./commands/ratings.ts";
import { register as registerReset } from "./commands/reset.ts";
import { register as registerSql } from "./commands/sql.ts";
import { register as registerStatus } from "./commands/status.ts";
import { register as registerUp } from "./commands/up.ts";
import { quieten } from "./terminal/quieten.ts";
import { reportError } from "./terminal/report-error.ts";

const program = new Command("sluice")
  .description("Kafka and RabbitMQ events into ClickHouse, exactly once, through serverless functions.")
  .version(manifest.version)
  .showHelpAfterError("Add --help to see what it takes, with examples.")
  .exitOverride();

program.commandsGroup("Stack:");
registerUp(program);
registerDemo(program);
registerStatus(program);
registerLogs(program);
registerDown(program);
registerReset(program);

program.commandsGroup("Events:");
registerChat(program);
registerRatings(program);

program.commandsGroup("Answers:");
registerSql(program);
registerAsk(program);
registerQuarantine(program);

program.commandsGroup("Tables:");
registerMigrate(program);

quieten();
await program.parseAsync().catch(reportError);

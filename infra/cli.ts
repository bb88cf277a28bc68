#!/usr/bin/env node
import { Command } from "commander";

const program = new Command("sluice").description(
  "Kafka and RabbitMQ events into ClickHouse, exactly once, through serverless functions.",
);

await program.parseAsync();

import type { Command } from "commander";
import type { Address } from "../generate/rabbitmq.ts";
import { parseHost, parsePort } from "./arguments.ts";

export type BrokerOptions = Address;

/** Where RabbitMQ is, for a command that talks to it itself. */
export const withBrokerOptions = (command: Command): Command =>
  command
    .optionsGroup("RabbitMQ:")
    .option("--host <host>", "RabbitMQ's host (default: that of RABBITMQ_URL, else 127.0.0.1)", parseHost)
    .option("--port <port>", "its port (default: that of RABBITMQ_URL, else RABBITMQ_PORT)", parsePort)
    .option("--rmq-username <name>", "its user (default: that of RABBITMQ_URL, else rmq)")
    .option("--rmq-password <password>", "the user's password (default: RABBITMQ_DEFAULT_PASS)");

/** The broker's URL: the settings', with the options in place of its parts. */
export async function brokerUrl(options: BrokerOptions): Promise<string> {
  const { loadSettings } = await import("../settings.ts");
  const { rabbitmqUrl } = await import("../generate/rabbitmq.ts");
  return rabbitmqUrl(loadSettings().rabbitmqUrl, options);
}

import { text } from "node:stream/consumers";
import { type Command, Option } from "commander";
import { parseCount, parseRate } from "./arguments.ts";
import { type BrokerOptions, brokerUrl, withBrokerOptions } from "./broker-options.ts";

interface SendOptions extends BrokerOptions {
  username?: string;
  message?: string;
  bot?: boolean;
  rate: number;
  count?: number;
  json?: boolean;
}

const examples = `
Examples:
  $ npx sluice chat send --username ann --message 'Hello 👋'
  $ npx sluice chat send --bot --rate 5
  $ npx sluice chat send --bot --rate max --count 100000
  $ date | npx sluice chat send --username clock --message -`;

export function registerChatSend(chat: Command): void {
  withBrokerOptions(chat.command("send"))
    .summary("publish one message, or many as a bot")
    .description(
      "Publish to the chat room. A message counts as sent when the broker has confirmed it.\n" +
        "A bot outlives a restart of the broker: what was not confirmed is published again under the same message id.",
    )
    .option("--username <name>", "who speaks; with --bot: one speaker instead of several")
    .addOption(new Option("--message <text>", "what is said; - reads it from stdin").conflicts("bot"))
    .option("--bot", "say quotes until Ctrl-C, or --count of them")
    .option(
      "--rate <n>",
      "messages per second; 0 or max: as fast as the broker confirms (default: 1)",
      parseRate,
    )
    .option("--count <n>", "stop after so many (default: 1; a bot goes on)", parseCount)
    .option("--json", "print {sent, unconfirmed, seconds} to stdout at the end")
    .addHelpText("after", examples)
    .action(async (options: SendOptions, command: Command) => {
      const missing = !options.bot && (options.message === undefined || !options.username);
      if (missing || options.username === "")
        command.error("error: say who and what: --username NAME --message TEXT, or let a --bot speak");
      await send(options);
    });
}

async function send(options: SendOptions): Promise<void> {
  const [{ quotesOf, repeat }, { anySeed, createRandom }, { sendChat }, { reportSending }, url] =
    await Promise.all([
      import("../generate/chat-bot.ts"),
      import("../generate/random.ts"),
      import("../generate/send-chat.ts"),
      import("../terminal/report-sending.ts"),
      brokerUrl(options),
    ]);
  const {
    bot = false,
    username,
    message = "",
    rate = 1,
    count = bot ? Number.POSITIVE_INFINITY : 1,
  } = options;
  const said = message === "-" ? (await text(process.stdin)).replace(/\r?\n$/, "") : message;
  const lines = bot ? quotesOf(createRandom(anySeed()), username) : repeat(username ?? "", said);
  await reportSending("chat message", options.json, (watched) =>
    sendChat({ url, lines, rate, count, reconnect: bot, ...watched }),
  );
}

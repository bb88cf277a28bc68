import { type Command, Option } from "commander";
import type { ChatMessage } from "../../events/chat-message.ts";
import { type BrokerOptions, brokerUrl, withBrokerOptions } from "./broker-options.ts";

interface WatchOptions extends BrokerOptions {
  mode?: "rich" | "plain";
  json?: boolean;
}

const examples = `
Examples:
  $ npx sluice chat watch
  $ npx sluice chat watch --mode plain | grep -i coffee
  $ npx sluice chat watch --json | jq -r .username`;

export function registerChatWatch(chat: Command): void {
  withBrokerOptions(chat.command("watch"))
    .summary("show messages as they arrive")
    .description(
      "Show messages as they arrive, until Ctrl-C. A display has a queue of its own: it takes nothing from the indexer.",
    )
    .addOption(
      new Option(
        "--mode <mode>",
        "rich: time, colours, wrapped; plain: a line each (default: rich on a terminal)",
      )
        .choices(["rich", "plain"])
        .conflicts("json"),
    )
    .option("--json", "one JSON object a line: username, message, sent_at")
    .addHelpText("after", examples)
    .action(watch);
}

async function watch(options: WatchOptions): Promise<void> {
  const [{ renderPlain, renderRich }, { subscribe }, { interruptible }, url] = await Promise.all([
    import("../generate/chat-display.ts"),
    import("../generate/chat-subscriber.ts"),
    import("../terminal/interrupt.ts"),
    brokerUrl(options),
  ]);
  const { stdout, stderr } = process;
  const dim = (text: string) => (stderr.hasColors?.() ? `\x1b[2m${text}\x1b[0m` : text);
  const mode = options.mode ?? (stdout.isTTY ? "rich" : "plain");
  const render = (said: ChatMessage, at: Date) => {
    if (options.json) return `${JSON.stringify({ ...said, sent_at: at.toISOString() })}\n`;
    if (mode === "plain") return renderPlain(said);
    return renderRich(said, at, { columns: stdout.columns || 80, colour: !process.env.NO_COLOR });
  };
  await interruptible(async (interrupt) => {
    const closed = new AbortController();
    stdout.once("close", () => closed.abort()); // `… | head` has seen enough
    await subscribe({
      url,
      signal: AbortSignal.any([interrupt, closed.signal]),
      onReady: () => stderr.write(`${dim("listening; Ctrl-C ends")}\n`),
      onMessage: (said, at) => new Promise((shown) => stdout.write(render(said, at), () => shown())),
      onNotice: (text) => stderr.write(`${dim(text)}\n`),
    });
  });
}

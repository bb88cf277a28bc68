import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@clickhouse/client";
import { projectRoot, type Settings } from "../settings.ts";
import { openProgress } from "../terminal/progress.ts";
import { logFile } from "./log.ts";
import { marks, spawnDetached } from "./process.ts";
import { watchServices } from "./watch.ts";

/** Each sends until it is stopped, gently. `commits send` and `users write` join here. */
const generators = [
  { name: "chat", args: ["chat", "send", "--bot", "--rate", "2"] },
  { name: "ratings", args: ["ratings", "send", "--rate", "20"] },
];

/** Where nobody watches a line change, it is printed anew this often. */
const secondsPerLine = 5;

/** Runs the generators and counts what arrives, until the signal aborts. */
export async function runDemo(settings: Settings, owner: string, signal: AbortSignal): Promise<void> {
  process.stdout.write(invitation(settings));
  const progress = openProgress("sending");
  try {
    for (const { name, args } of generators) {
      const launch = {
        command: process.execPath,
        args: [join(projectRoot, "infra/cli.ts"), ...args],
        env: {},
      };
      const child = spawnDetached(launch, settings, name, marks(settings, { service: name, owner }));
      child.unref();
      child.once(
        "exit",
        () => signal.aborted || progress.note(`${name} ended; see ${logFile(settings, name)}`),
      );
    }
    await Promise.race([watchServices(settings, progress.note, signal), count(settings, progress, signal)]);
  } finally {
    progress.end();
  }
}

const invitation = (settings: Settings) => `Ask it something:

  curl -H "Authorization: Bearer ${settings.SLUICE_READ_KEY}" http://127.0.0.1:${settings.HTTP_PORT}/v1/endpoints/shadow_types

`;

async function count(
  settings: Settings,
  progress: ReturnType<typeof openProgress>,
  signal: AbortSignal,
): Promise<never> {
  const password = settings.CLICKHOUSE_READER_PASSWORD;
  const client = createClient({ url: settings.clickhouseUrl, username: "reader", password });
  try {
    for (let second = 0; ; second++) {
      const line = await counts(client).catch(
        (error: Error) => `ClickHouse does not answer: ${error.message}`,
      );
      if (process.stderr.isTTY) progress.update(line);
      else if (second % secondsPerLine === 0) progress.note(line);
      await sleep(1000, undefined, { signal });
    }
  } finally {
    await client.close();
  }
}

async function counts(client: ReturnType<typeof createClient>): Promise<string> {
  const result = await client.query({
    query: "SELECT (SELECT count() FROM user_messages) AS messages, (SELECT count() FROM shadow) AS ratings",
    format: "JSONEachRow",
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  });
  const [row] = await result.json<{ messages: number; ratings: number }>();
  return `in ClickHouse: ${row?.messages} chat messages, ${row?.ratings} ratings classified`;
}

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { projectRoot, type Settings } from "../settings.ts";
import { openProgress } from "../terminal/progress.ts";
import { logFile } from "./log.ts";
import { marks, spawnDetached } from "./process.ts";
import { pageAddress } from "./table.ts";
import { watchServices } from "./watch.ts";

/** Each sends until it is stopped, gently. `users write` joins here. */
const generators = [
  { name: "chat", args: ["chat", "send", "--bot", "--rate", "2"] },
  { name: "ratings", args: ["ratings", "send", "--rate", "20"] },
  { name: "commits", args: ["commits", "send", "--rate", "2"] },
  { name: "analytics", args: ["analytics", "send", "10"] },
];

/** Seconds for a generator to end; one that does not is killed with all else. */
const patience = 3;

/** Where nobody watches a line change, it is printed anew this often. */
const secondsPerLine = 5;

/** Runs the generators and counts what arrives, until the signal aborts. */
export async function runDemo(settings: Settings, owner: string, signal: AbortSignal): Promise<void> {
  process.stdout.write(invitation(settings));
  const progress = openProgress("sending");
  const children = generators.map(({ name, args }) => {
    const launch = { command: process.execPath, args: [join(projectRoot, "infra/cli.ts"), ...args], env: {} };
    const child = spawnDetached(launch, settings, name, marks(settings, { service: name, owner }));
    child.once(
      "exit",
      () => signal.aborted || progress.note(`${name} ended; see ${logFile(settings, name)}`),
    );
    return child;
  });
  try {
    await Promise.race([watchServices(settings, progress.note, signal), count(settings, progress, signal)]);
  } finally {
    progress.end();
    // Before the brokers go: they end what they have begun to send.
    await Promise.all(children.map(end));
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit", { signal: AbortSignal.timeout(patience * 1000) }).catch(() => {});
}

const invitation = (settings: Settings) => `Watch it:

  ${pageAddress(settings)}

Ask it something:

  curl -H "Authorization: Bearer ${settings.SLUICE_READ_KEY}" http://127.0.0.1:${settings.HTTP_PORT}/v1/endpoints/shadow_types

`;

async function count(
  settings: Settings,
  progress: ReturnType<typeof openProgress>,
  signal: AbortSignal,
): Promise<never> {
  const password = settings.CLICKHOUSE_READER_PASSWORD;
  const client = createClient({
    url: settings.clickhouseUrl,
    username: "reader",
    password,
    log: { level: ClickHouseLogLevel.OFF }, // The line of counts says it.
  });
  try {
    for (let second = 0; ; second++) {
      const line = await counts(client, signal).catch((error: Error) => {
        signal.throwIfAborted();
        return `ClickHouse does not answer: ${error.message}`;
      });
      if (process.stderr.isTTY) progress.update(line);
      else if (second % secondsPerLine === 0) progress.note(line);
      await sleep(1000, undefined, { signal });
    }
  } finally {
    await client.close();
  }
}

async function counts(client: ReturnType<typeof createClient>, signal: AbortSignal): Promise<string> {
  const result = await client.query({
    query: `SELECT (SELECT count() FROM user_messages) AS messages, (SELECT count() FROM shadow) AS ratings,
      (SELECT count() FROM github.commits) AS commits, (SELECT count() FROM bilten_analytics.events) AS events`,
    format: "JSONEachRow",
    abort_signal: signal,
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  });
  const [row] = await result.json<Record<"messages" | "ratings" | "commits" | "events", number>>();
  return `in ClickHouse: ${row?.messages} chat messages, ${row?.ratings} ratings classified, ${row?.commits} commits, ${row?.events} product events`;
}

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { openPeopleTable } from "../generate/people-table.ts";
import { anySeed } from "../generate/random.ts";
import { writePeople } from "../generate/write-people.ts";
import { projectRoot, type Settings } from "../settings.ts";
import { openProgress } from "../terminal/progress.ts";
import { logFile } from "./log.ts";
import { marks, spawnDetached } from "./process.ts";
import { pageAddress } from "./table.ts";
import { watchServices } from "./watch.ts";

/** Each sends until it is stopped, gently. */
const generators = [
  { name: "chat", args: ["chat", "send", "--bot", "--rate", "2"] },
  { name: "ratings", args: ["ratings", "send", "--rate", "20"] },
  { name: "commits", args: ["commits", "send", "--rate", "2"] },
  { name: "analytics", args: ["analytics", "send", "10"] },
];

/** Where Postgres is: people who join, move and leave, while they commit. */
const users = { name: "users", args: ["users", "write", "--rate", "0.5"] };

/** Seconds for a generator to end; one that does not is killed with all else. */
const patience = 3;

/** Where nobody watches a line change, it is printed anew this often. */
const secondsPerLine = 5;

/** Runs the generators and counts what arrives, until the signal aborts. */
export async function runDemo(settings: Settings, owner: string, signal: AbortSignal): Promise<void> {
  process.stdout.write(invitation(settings));
  const progress = openProgress("sending");
  const hasPeople = await settle(settings, signal).catch((error: Error) => {
    progress.note(`no people: ${error.message}`);
    return false;
  });
  const children = [...generators, ...(hasPeople ? [users] : [])].map(({ name, args }) => {
    const launch = {
      command: process.execPath,
      args: [join(projectRoot, "infra/sluice.js"), ...args],
      env: {},
    };
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

/** The first people, where there is nobody yet. @returns whether there is a table for people. */
async function settle({ postgresUrl: url }: Settings, signal: AbortSignal): Promise<boolean> {
  const table = await openPeopleTable(url).catch(() => undefined);
  if (!table) return false;
  const { length } = await table.people().finally(() => table.close());
  if (length === 0)
    await writePeople({ url, seed: anySeed(), rate: Number.POSITIVE_INFINITY, count: 12, signal });
  return true;
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
  const line = `in ClickHouse: ${row?.messages} chat messages, ${row?.ratings} ratings classified, ${row?.commits} commits, ${row?.events} product events`;
  const people = await countPeople(client, signal);
  return people === undefined ? line : `${line}, ${people} people`;
}

/** `undefined` where no change data capture has made the table. */
async function countPeople(
  client: ReturnType<typeof createClient>,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const query = "SELECT count() AS people FROM github.users";
    const [row] = await (await client.query({ query, format: "JSONEachRow", abort_signal: signal })).json<{
      people: string;
    }>();
    return row?.people;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

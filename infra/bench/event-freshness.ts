import { setTimeout as sleep } from "node:timers/promises";
import type { ClickHouseClient } from "@clickhouse/client";
import { pace } from "../generate/pace.ts";
import type { Settings } from "../settings.ts";
import type { BenchOptions } from "./bench.ts";
import { kafkaEvent, runOffline } from "./offline.ts";
import { bodyOf, type Post } from "./post-events.ts";
import { openAdmin } from "./services.ts";

const rate = 1000;
/** Between two requests, in milliseconds: so many sites that flush at some time. */
const gap = 20;
/** Requests that may be without an answer: each is an environment of its own. */
const mostOpen = 16;
/** Events before the measurement: environments start, lanes are claimed. */
const warmUp = 5000;

/**
 * Sends `rows` events at 1,000 a second, about 20 a request, through collect-events, Kafka and store-events.
 * @returns milliseconds, of each request from when it was due until ClickHouse shows every event of it; asked about 40 times a second.
 */
export async function eventFreshness(
  options: BenchOptions,
  settings: Settings,
  { post, rows }: { post: Post; rows: number },
): Promise<number[]> {
  const { progress } = options;
  const offline = await runOffline(options, {
    name: "events",
    inProcess: false,
    events: [kafkaEvent(settings.brokers, "events", "bench-events")],
    env: { CLICKHOUSE_URL: settings.clickhouseUrl, CLICKHOUSE_PASSWORD: settings.CLICKHOUSE_PASSWORD },
  });
  await offline.printed("polling");
  const admin = openAdmin(settings, options);
  progress(`${warmUp.toLocaleString("en")} events at ${rate.toLocaleString("en")} a second to warm up`);
  await sendAndWatch(admin, post, "w", warmUp);
  progress(`${rows.toLocaleString("en")} events at ${rate.toLocaleString("en")} a second`);
  const { waits, accepted } = await sendAndWatch(admin, post, "x", rows);
  if (accepted < rate * 0.95)
    progress(`  only ${Math.round(accepted)} events a second were accepted: the machine is too busy`);
  await offline.stop();
  return waits;
}

/** @param name sorts before the names of later runs. */
async function sendAndWatch(client: ClickHouseClient, post: Post, name: string, count: number) {
  const open = new Map<string, Sent>();
  const watching = new AbortController();
  const watched = watch(client, open, watching.signal);
  watched.catch(() => {}); // Thrown where it is awaited.
  const began = performance.now();
  const sending = new Set<Promise<void>>();
  let failure: Error | undefined;
  let requests = 0;
  const { signal } = new AbortController();
  for await (const size of pace({ rate, count, most: rate, gap, signal })) {
    const request = `${name}${String(requests++).padStart(7, "0")}`;
    open.set(request, { at: performance.now(), size });
    while (sending.size >= mostOpen) await Promise.race(sending);
    const sent = post(bodyOf(size, (i) => `${request}-${i}`))
      .catch((error: Error) => {
        failure ??= error;
      })
      .finally(() => sending.delete(sent));
    sending.add(sent);
    if (failure) throw failure;
  }
  await Promise.all(sending);
  if (failure) throw failure;
  const accepted = (count * 1000) / (performance.now() - began);
  watching.abort();
  return { waits: await watched, accepted };
}

interface Sent {
  at: number;
  size: number;
}

/**
 * Looks until there is nothing more to come, and everything that is open can be seen.
 * @throws Error when nothing more appears for a minute.
 */
async function watch(
  client: ClickHouseClient,
  open: Map<string, Sent>,
  ended: AbortSignal,
): Promise<number[]> {
  const waits: number[] = [];
  for (let moved = performance.now(); ; await sleep(20)) {
    const [first] = open.keys();
    if (first === undefined) {
      if (ended.aborted) return waits;
      moved = performance.now();
      continue;
    }
    const answer = await client.query({
      query: `SELECT substring(id, 1, 8) AS request, count() AS n FROM bilten_analytics.events
        WHERE id >= {first: String} GROUP BY request`,
      query_params: { first },
      format: "JSONEachRow",
    });
    const seen = await answer.json<{ request: string; n: string }>();
    const now = performance.now();
    for (const { request, n } of seen) {
      const sent = open.get(request);
      if (sent === undefined || Number(n) < sent.size) continue;
      open.delete(request);
      waits.push(now - sent.at);
      moved = now;
    }
    if (now - moved > 60_000) throw new Error(`request ${first} is not in ClickHouse after a minute`);
  }
}

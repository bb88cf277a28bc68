import { v7 as uuidv7 } from "uuid";
import { traffic } from "../generate/traffic.ts";
import type { Settings } from "../settings.ts";
import type { BenchOptions } from "./bench.ts";
import { runOffline } from "./offline.ts";

const key = "bench";

/** Sends a body and takes the answer. @throws Error unless it was accepted. */
export type Post = (body: string) => Promise<void>;

/** A function behind the path of the collector. */
export async function openHttp(
  options: BenchOptions,
  settings: Settings,
  name: "collect" | "yes",
): Promise<{ pid: number; post: Post }> {
  const offline = await runOffline(options, {
    name,
    inProcess: false,
    events: [{ httpApi: "POST /v1/events/{source}" }],
    env: {
      KAFKA_BROKERS: settings.brokers.join(","),
      CLICKHOUSE_URL: settings.clickhouseUrl,
      CLICKHOUSE_PASSWORD: settings.CLICKHOUSE_PASSWORD,
      SLUICE_WRITE_KEY: key,
    },
  });
  await offline.printed("Server ready");
  const post = async (body: string) => {
    const answer = await fetch(`${offline.url}/v1/events/bench`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body,
    });
    const text = await answer.text();
    if (answer.status !== 202)
      throw new Error(`the collector answered ${answer.status}: ${text.slice(0, 500)}`);
  };
  return { pid: offline.pid, post };
}

const visits = traffic(1);

/** Bodies of so many events each, as the SDK sends them; `id` names the n-th. */
export const bodyOf = (count: number, id: (n: number) => string = () => uuidv7()): string => {
  const timestamp = new Date().toISOString();
  return JSON.stringify(
    Array.from({ length: count }, (_, n) => ({ id: id(n), timestamp, ...visits.next().value })),
  );
};

import { applyTopics } from "../stack/topology.ts";
import type { Bench } from "./bench.ts";
import { type Cost, costOf, cpuPerMillion } from "./cost.ts";
import { eventFreshness } from "./event-freshness.ts";
import { figure } from "./figure.ts";
import { type Load, load, pool } from "./load.ts";
import { bodyOf, openHttp, type Post } from "./post-events.ts";
import { openServices, pidOf } from "./services.ts";
import { interleave, median, percentile } from "./statistics.ts";

/** "Within a second they are in the figures": there is no peer to the whole way. */
const goal = { freshness: 1000 };
const clients = [1, 8];
/** Of one measurement. */
const milliseconds = 3000;

/** The way in of product events: HTTP → collect-events → Kafka, and on to ClickHouse. */
export const collect: Bench = {
  name: "collect",
  summary:
    "events over HTTP → collect-events → Kafka, 1 and 500 a request, peer: an empty function under the same `sls offline`; POST → visible in ClickHouse at 1,000 events/s, against our goal",
  async *run(options) {
    const { rows = 30_000, rounds = 5, progress } = options;
    const settings = await openServices(options, "kafka", "clickhouse");
    await applyTopics(settings);
    const ours = await openHttp(options, settings, "collect");
    const waits = await eventFreshness(options, settings, { post: ours.post, rows });
    for (const p of [0.5, 0.95]) {
      const title = `POST → visible at 1,000 events/s, p${p * 100}, against our goal`;
      yield figure("collect", title, percentile(waits, p), goal.freshness, "ms");
    }
    const empty = await openHttp(options, settings, "yes");
    const kafka = pidOf(settings, "kafka");
    for (const size of [1, 500]) {
      for (const connections of clients) {
        const title = `${size === 1 ? "1 event" : `${size} events`} a request, ${connections} at a time`;
        progress(`${title}, ${rounds} rounds`);
        const results = await interleave(rounds, {
          ours: () => measure(ours, size, connections, [ours.pid, kafka]),
          empty: () => measure(empty, size, connections, [empty.pid]),
        });
        const [mine, theirs] = [pool(results.ours), pool(results.empty)];
        const rates = [mine, theirs].map(({ perSecond }) => perSecond * size) as [number, number];
        yield figure("collect", `${title}, against an empty function`, ...rates, "rows/s");
        for (const p of [0.5, 0.99])
          yield figure(
            "collect",
            `${title}, p${p * 100}`,
            percentile(mine.ms, p),
            percentile(theirs.ms, p),
            "ms",
          );
        const [cost, theirCost] = [results.ours, results.empty].map((some) =>
          median(some.map((one) => cpuPerMillion(one.ms.length * size, [one]))),
        ) as [number, number];
        yield figure("collect", `cost, ${title}`, cost, theirCost, "CPU-s per million rows");
      }
    }
  },
};

/** So many clients for a few seconds, once every one of them has been served: environments start, and connections close when idle. */
async function measure(
  { post }: { post: Post },
  size: number,
  connections: number,
  pids: number[],
): Promise<Load & Cost> {
  // The same again is as much work for the collector, and none for us.
  const bodies = Array.from({ length: 16 }, () => bodyOf(size));
  let sent = 0;
  const request = () => post(bodies[sent++ % bodies.length] as string);
  await load(connections, request, 0);
  let result: Load = { ms: [], perSecond: 0 };
  const cost = await costOf(pids, async () => {
    result = await load(connections, request, milliseconds);
  });
  return { ...result, ...cost };
}

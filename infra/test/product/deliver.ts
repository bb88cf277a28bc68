import { gzipSync } from "node:zlib";
import { encodeKafkaEvent, type KafkaRecord } from "../../../events/envelope/kafka.ts";
import type { HttpEvent } from "../../../functions/lib/http-event.ts";
import type { Outgoing } from "../../../functions/lib/kafka.ts";
import type { Insert, Store } from "../../../functions/lib/store.ts";
import type { Random } from "../../generate/random.ts";

/** One request, in one of the forms the collector takes. */
export function toRequest(random: Random, bodies: string[]): HttpEvent {
  const lines = random(2) === 0;
  const text = lines ? bodies.join("\n") : `[${bodies.join(",\n")}]`;
  const zipped = random(2) === 0;
  const type = zipped ? "application/octet-stream" : lines ? "application/x-ndjson" : "application/json";
  return {
    headers: {
      authorization: "Bearer w",
      "content-type": type,
      ...(zipped && { "content-encoding": "gzip" }),
    },
    pathParameters: { source: "web" },
    requestContext: { http: { method: "POST" } },
    body: zipped ? gzipSync(text).toString("base64") : text,
    isBase64Encoded: zipped,
  } as unknown as HttpEvent;
}

/** Partitions of a topic, as a broker keeps them. */
export class Log {
  readonly partitions: KafkaRecord[][] = Array.from({ length: 8 }, () => []);

  append(messages: Outgoing[]): void {
    for (const { key, value, headers = {} } of messages) {
      const partition =
        [...key].reduce((hash, char) => (hash * 31 + (char.codePointAt(0) ?? 0)) >>> 0, 7) % 8;
      const records = this.partitions[partition] as KafkaRecord[];
      records.push({
        topic: "events",
        partition,
        offset: records.length,
        timestamp: 1_790_000_000_000 + records.length,
        timestampType: "CREATE_TIME",
        key: Buffer.from(key),
        value,
        headers: Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]),
      });
    }
  }
}

type Invoke = (event: ReturnType<typeof encodeKafkaEvent>) => Promise<unknown>;

/**
 * Hands the records of some partitions to a function as a mapping does: in their order, a batch again until it succeeds, and often
 * in other boundaries or once more although it did.
 */
export async function deliver(random: Random, partitions: KafkaRecord[][], most: number, open: () => Invoke) {
  const committed = partitions.map(() => 0);
  const take = () => committed.map((from) => from + random(most));
  const slices = (to: number[]) => partitions.flatMap((records, i) => records.slice(committed[i], to[i]));
  let invoke = open();
  let to = take();
  for (let failures = 0; committed.some((from, i) => from < (partitions[i]?.length ?? 0)); ) {
    const batch = slices(to);
    if (batch.length === 0) {
      to = take();
      continue;
    }
    try {
      await invoke(encodeKafkaEvent({ bootstrapServers: "b:9092" }, batch));
      if (random(6) === 0) await invoke(encodeKafkaEvent({ bootstrapServers: "b:9092" }, batch));
      for (const [i, end] of to.entries()) committed[i] = Math.min(end, partitions[i]?.length ?? 0);
      to = take();
    } catch (error) {
      if (++failures > 1000) throw error;
      if (random(2) === 0) invoke = open();
      if (random(2) === 0) to = take();
    }
  }
}

/** A connection on which requests are lost, and answers. */
export function flaky(store: Store, random: Random): Store {
  return {
    ...store,
    within: (remainingMs) => flaky(store.within(remainingMs), random),
    async insert(batch: Insert) {
      if (random(20) === 0) throw new Error("the request is lost");
      const inserted = await store.insert(batch);
      if (random(20) === 0) throw new Error("the answer is lost");
      return inserted;
    },
  };
}

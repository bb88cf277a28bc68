import { createClient } from "@clickhouse/client";
import { createHandler as createCollector } from "../../../functions/collect-events/handler.ts";
import type { Produce } from "../../../functions/lib/kafka.ts";
import { openKeys } from "../../../functions/lib/keys.ts";
import type { Random } from "../../generate/random.ts";
import { toRequest } from "./deliver.ts";
import { type Fact, sentAt, toBody } from "./traffic.ts";

/**
 * Sends each fact, out of order: one in ten again later in the same words, one in twenty as another event under its id. Now and then
 * a client sends a whole request again, because it has not heard the answer.
 * @param onSent is told which share of all was accepted, and awaited.
 * @returns what was sent, in its order.
 */
export async function send(
  random: Random,
  facts: Fact[],
  produce: Produce,
  onSent: (share: number) => Promise<void> = async () => {},
): Promise<Fact[]> {
  const sent: Fact[] = [...facts];
  for (const fact of facts) {
    if (random(10) === 0) sent.push({ ...fact });
    if (random(20) === 0)
      sent.push({
        ...fact,
        type: "click",
        at: fact.at + 86_400_000,
        sale: undefined,
        loadTime: undefined,
        duration: undefined,
      });
  }
  // In the order of a site's life, within two days; one in fifty comes months later.
  const arrival = new Map(
    sent.map((fact) => [fact, fact.at + (random(50) === 0 ? random(180) : random(2)) * 86_400_000]),
  );
  sent.sort((a, b) => (arrival.get(a) ?? 0) - (arrival.get(b) ?? 0));
  const keys = openKeys({ client: createClient({ url: "http://127.0.0.1:1" }), local: { write: "w" } });
  const collect = createCollector({
    produce,
    keys,
    untilQueryable: async () => true,
    now: () => sentAt,
  });
  for (let from = 0; from < sent.length; ) {
    const size = 1 + random(random(5) === 0 ? 2000 : 200);
    const bodies = sent.slice(from, from + size).map((fact) => JSON.stringify(toBody(random, fact)));
    if (random(10) === 0) bodies.push('{"event_type":}');
    const request = toRequest(random, bodies);
    for (let times = random(10) === 0 ? 2 : 1; times > 0; times--) {
      const { statusCode, body } = await collect(request, {} as never);
      if (statusCode === 503)
        times++; // Kafka is away: the same again.
      else if (statusCode !== 202) throw new Error(`${statusCode}: ${body}`);
    }
    from += size;
    await onSent(Math.min(1, from / sent.length));
  }
  return sent;
}

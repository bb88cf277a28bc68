import { AnalyticsIngestionService } from "../sdk/analytics.ts";
import { pace } from "./pace.ts";
import type { Visit } from "./traffic.ts";

export interface SendAnalytics {
  /** Of the collector. */
  url: string;
  key: string;
  visits: Iterator<Visit, never>;
  /** Events per second; `Infinity` is as fast as the collector takes them. */
  rate: number;
  /** `Infinity` goes on until the signal aborts. */
  count: number;
  signal: AbortSignal;
  onProgress?: (sent: number) => void;
  onNotice?: (text: string) => void;
}

export interface SentAnalytics {
  /** Durable with the collector. */
  sent: number;
  /** Refused by it, or beyond what was kept while it was away. */
  dropped: number;
  /** Still waiting when an aborted run had to end. */
  unconfirmed: number;
}

/** As many as are kept while the collector is away. */
const mostWaiting = 50_000;
/** Events of one request: small enough that a gentle rate is seen at once. */
const batch = 500;

/** Sends through the SDK, as a site would. */
export async function sendAnalytics(options: SendAnalytics): Promise<SentAnalytics> {
  const { url, key, visits, rate, count, signal, onProgress, onNotice } = options;
  let [tracked, dropped] = [0, 0];
  const service = new AnalyticsIngestionService({
    url,
    key,
    source: "generator",
    batchSize: batch,
    flushInterval: 1000,
    maxEvents: mostWaiting,
    onDrop(events, reason, detail) {
      dropped += events.length;
      if (reason !== "closed") onNotice?.(`${events.length} events dropped: ${detail ?? reason}`);
    },
    onError: (message) => onNotice?.(`${message}; trying again`),
  });
  for await (const due of pace({ rate, count, most: batch, gap: 10, signal })) {
    for (let event = 0; event < due; event++) service.trackEvent(visits.next().value);
    tracked += due;
    // Unbounded, the collector's pace is the pace.
    if (rate === Number.POSITIVE_INFINITY) await Promise.race([service.flush(), aborted(signal)]);
    onProgress?.(tracked);
  }
  const unconfirmed = await service.close(signal.aborted ? 3000 : 60_000);
  return { sent: tracked - dropped, dropped: dropped - unconfirmed, unconfirmed };
}

const aborted = (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) =>
    signal.aborted ? resolve(undefined) : signal.addEventListener("abort", resolve, { once: true }),
  );

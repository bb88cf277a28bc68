/**
 * Takes the pictures of README anew: `npx node infra/test/screenshots.ts`. A month of visitors, then ten minutes of everything, go
 * through a stack of its own, the way everything goes. It wants fonts for what people say (Debian: fonts-noto-core, -cjk, -color-emoji);
 * `pngquant` makes what it writes a third.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { BrowserContextOptions } from "playwright-core";
import { traffic } from "../generate/traffic.ts";
import { AnalyticsIngestionService } from "../sdk/analytics.ts";
import { openBrowser } from "./browser.ts";
import { openStack, type Stack } from "./stack.ts";

const day = 86_400_000;
const events = 30_000;
/** How much goes on on a day of the week, from Sunday on. */
const weight = [4, 2, 2, 2, 3, 4, 6];

const pictures: { name: string; query: string; options?: BrowserContextOptions }[] = [
  { name: "product", query: "?view=product&range=30d", options: { viewport: { width: 1280, height: 1095 } } },
  { name: "chat", query: "?view=chat&range=15m" },
  {
    name: "overview-dark",
    query: "?view=overview&range=15m",
    options: { colorScheme: "dark", viewport: { width: 1280, height: 980 } },
  },
];

/** Events of thirty days, until now, through the collector. */
async function sendMonth({ settings }: Stack): Promise<void> {
  const service = new AnalyticsIngestionService({
    url: `http://127.0.0.1:${settings.HTTP_PORT}`,
    key: settings.SLUICE_WRITE_KEY,
    source: "screenshots",
    maxEvents: 2 * events,
  });
  const visits = traffic(1);
  const mean = weight.reduce((sum, one) => sum + one) / weight.length;
  const now = Date.now();
  for (let at = now - 30 * day; at < now; ) {
    at += ((30 * day) / events) * (mean / (weight[new Date(at).getUTCDay()] ?? mean));
    service.trackEvent({ ...visits.next().value, timestamp: new Date(Math.min(at, now)) });
  }
  const left = await service.close(120_000);
  if (left > 0) throw new Error(`${left} events did not arrive`);
}

await using cleanup = new AsyncDisposableStack();
const stack = await openStack();
cleanup.defer(() => stack.close());
console.log("starting a stack");
await stack.sluice("up", "clickhouse", "kafka", "rabbitmq", "functions", "--detach");
console.log(`sending ${events.toLocaleString("en")} events and the rest`);
await Promise.all([sendMonth(stack), stack.sluice("commits", "send", "--count", "300")]);
console.log("ten minutes of chat, ratings and visitors");
const senders = [
  ["chat", "send", "--bot", "--rate", "0.8"],
  ["ratings", "send", "--rate", "8"],
  ["analytics", "send", "--rate", "4"],
];
const running = senders.map((sender) => stack.start(...sender));
cleanup.defer(() => void running.map((child) => child.kill("SIGINT")));
await sleep(10 * 60_000);

const browser = await openBrowser();
cleanup.defer(() => browser.close());
for (const { name, query, options } of pictures) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    timezoneId: "UTC",
    ...options,
  });
  const tab = await context.newPage();
  await tab.goto(
    `http://127.0.0.1:${stack.settings.HTTP_PORT}/${query}#key=${stack.settings.SLUICE_READ_KEY}`,
  );
  await sleep(8000);
  const path = `functions/pages/screenshots/${name}.png`;
  await tab.screenshot({ path });
  console.log(path);
  await context.close();
}

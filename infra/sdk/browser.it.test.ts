import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "../test/browser.ts";
import { buildSdk } from "./build.ts";
import { FakeCollector } from "./testing.ts";

const folder = mkdtempSync(join(tmpdir(), "sdk-"));
const site = createServer((request, response) => {
  const script = /^\/(analytics|spool)\.js$/.exec(request.url ?? "");
  response.setHeader("content-type", script ? "text/javascript" : "text/html");
  response.end(script ? readFileSync(join(folder, `${script[1]}.js`)) : "<!doctype html><title>shop</title>");
});
let browser: Browser;

beforeAll(async () => {
  [browser] = await Promise.all([openBrowser(), buildSdk(folder)]);
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
}, 300_000);

afterAll(async () => {
  await browser?.close();
  site.close();
  rmSync(folder, { recursive: true });
});

/** A page of the site with `analytics`, a service that sends to `url`. */
async function openPage(url: string, options: object, context?: Awaited<ReturnType<Browser["newContext"]>>) {
  const page = await (context ?? (await browser.newContext())).newPage();
  await loadAnalytics(page, url, options);
  return page;
}

async function loadAnalytics(page: Page, url: string, options: object) {
  await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/concert`);
  await page.addScriptTag({
    type: "module",
    content: `import { AnalyticsIngestionService } from "/analytics.js"; import { indexedDbSpool } from "/spool.js";
      const { spool, ...rest } = ${JSON.stringify({ url, key: "k", retryDelay: 10, ...options })};
      window.analytics = new AnalyticsIngestionService({ ...rest, ...(spool && { spool: indexedDbSpool() }) });`,
  });
  await page.waitForFunction("window.analytics");
}

test("in a browser it is smaller than 4 KB", () => {
  const bytes = ["analytics.js", "spool.js"].map((name) => readFileSync(join(folder, name)));
  expect(gzipSync(Buffer.concat(bytes), { level: 9 }).length).toBeLessThan(4096);
});

test("a page view says where it was seen, and goes compressed to another origin", async () => {
  await using collector = await new FakeCollector().open();
  const page = await openPage(collector.url, {});
  await page.evaluate(`for (let n = 0; n < 20; n++) analytics.trackPageView(); analytics.flush()`);
  expect(collector.requests).toHaveLength(1);
  expect(collector.requests[0]?.headers).toMatchObject({
    "content-encoding": "gzip",
    authorization: "Bearer k",
  });
  expect(collector.requests[0]?.events[0]).toMatchObject({
    event_type: "page_view",
    page_url: expect.stringMatching(/\/concert$/),
    user_agent: expect.stringContaining("Chrome"),
  });
  await page.close();
});

test("the pages of a tab are one session, another tab is another", async () => {
  await using collector = await new FakeCollector().open();
  const context = await browser.newContext();
  const sessions = async (page: Page) => {
    await page.evaluate("analytics.trackPageView(); analytics.flush()");
    return collector.requests.at(-1)?.events[0]?.session_id;
  };
  const tab = await openPage(collector.url, {}, context);
  const first = await sessions(tab);
  await loadAnalytics(tab, collector.url, {});
  expect(await sessions(tab)).toBe(first);
  const other = await sessions(await openPage(collector.url, {}, context));
  expect([typeof first, typeof other]).toEqual(["string", "string"]);
  expect(other).not.toBe(first);
  await context.close();
});

test("what waits when the page goes away goes with a beacon", async () => {
  await using collector = await new FakeCollector().open();
  const page = await openPage(collector.url, { flushInterval: 60_000 });
  const ids = (await page.evaluate(
    `Array.from({ length: 300 }, () => analytics.trackPageView())`,
  )) as string[];
  await page.goto("about:blank");
  await expect.poll(() => collector.taken.size).toBeGreaterThan(0);
  const [beacon] = collector.requests;
  expect(beacon).toMatchObject({
    url: expect.stringMatching(/^\/v1\/events\/web\?key=k&sent_at=\d{4}-/),
    headers: { "content-type": "text/plain" },
  });
  expect([...collector.taken.keys()]).toEqual(ids.slice(0, collector.taken.size));
  await page.close();
});

test("what an outage left is in the spool, and the next page sends it once the collector is back", async () => {
  await using collector = await new FakeCollector().open();
  collector.behaviours.push(...Array(200).fill({ status: 503 }));
  const context = await browser.newContext();
  const first = await openPage(collector.url, { spool: true }, context);
  const ids = (await first.evaluate(
    `(async () => { const ids = [analytics.trackPageView(), analytics.trackPageView()]; await analytics.close(100); return ids })()`,
  )) as string[];
  await first.close();
  expect(collector.taken.size).toBe(0);
  collector.behaviours.length = 0;
  const second = await openPage(collector.url, { spool: true }, context);
  await expect.poll(() => [...collector.taken.keys()]).toEqual(ids);
  expect(await second.evaluate("analytics.flush()")).toBe(0);
  await context.close();
});

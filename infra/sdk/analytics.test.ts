import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { AnalyticsIngestionService, type AnalyticsOptions } from "./analytics.ts";
import { fileSpool } from "./file-spool.ts";
import { type Behaviour, FakeCollector } from "./testing.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

async function openCollector(...behaviours: Behaviour[]): Promise<FakeCollector> {
  const collector = await new FakeCollector().open();
  open.push(collector);
  collector.behaviours.push(...behaviours);
  return collector;
}

function openService(collector: { url: string }, options: AnalyticsOptions = {}) {
  const dropped: (string | number)[][] = [];
  const errors: string[] = [];
  const service = new AnalyticsIngestionService({
    url: collector.url,
    key: "write-key",
    source: "test",
    retryDelay: 5,
    onDrop: (events, reason, detail) =>
      void dropped.push([reason, events.length, ...(detail ? [detail] : [])]),
    onError: (message) => void errors.push(message),
    ...options,
  });
  return { service, dropped, errors };
}

const track = (service: AnalyticsIngestionService, count: number): string[] =>
  Array.from({ length: count }, (_, n) => service.trackEvent({ event_type: "search", properties: { n } }));

const once = (ids: string[]) => new Map(ids.map((id) => [id, 1]));

test("events go together, compressed, with the key and who they are of", async () => {
  const collector = await openCollector();
  const { service } = openService(collector);
  service.identify("ann", { organizer_id: "hall" });
  const ids = [...track(service, 50), service.trackPageView({ page_url: "/" })];
  ids.push(
    service.trackTicketSale({ event_id: "c", quantity: 1, price: 10, currency: "EUR", user_id: "bob" }),
  );
  expect(await service.flush()).toBe(0);
  expect(collector.taken).toEqual(once(ids));
  const [request, ...more] = collector.requests;
  expect(more).toEqual([]);
  expect(request).toMatchObject({
    url: expect.stringMatching(/^\/v1\/events\/test\?sent_at=\d{4}-/),
    headers: {
      authorization: "Bearer write-key",
      "content-encoding": "gzip",
      "content-type": "application/octet-stream",
    },
  });
  expect(request?.events.slice(-2)).toMatchObject([
    { event_type: "page_view", user_id: "ann", organizer_id: "hall", session_id: expect.any(String) },
    { event_type: "ticket_purchase", user_id: "bob", price: 10 },
  ]);
  await service.close();
});

test("a full batch goes at once", async () => {
  const collector = await openCollector();
  const { service } = openService(collector, { batchSize: 3, flushInterval: 60_000 });
  track(service, 3);
  await vi.waitFor(() => expect(collector.taken.size).toBe(3), { timeout: 5000 });
  await service.close();
});

test("a smaller batch goes when its time has come", async () => {
  const collector = await openCollector();
  const { service } = openService(collector, { flushInterval: 60 });
  track(service, 1);
  await vi.waitFor(() => expect(collector.taken.size).toBe(1), { timeout: 5000 });
  await service.close();
});

test.each<[string, Behaviour]>([
  ["cuts the connection before it has them", "cut-before"],
  ["cuts the connection after it has them", "cut-after"],
  ["never answers", "hang"],
  ["is a hotel's welcome page", "hotel"],
  ["answers 500", { status: 500 }],
  ["answers 502", { status: 502 }],
  ["answers 503", { status: 503, headers: { "retry-after": "0" } }],
  ["answers 408", { status: 408 }],
  ["answers 429", { status: 429, headers: { "retry-after": "0" } }],
])("a collector that %s gets all of it again, under the same ids", async (_what, behaviour) => {
  const collector = await openCollector(behaviour, behaviour);
  const { service, dropped, errors } = openService(collector, { requestTimeout: 1000 });
  const ids = track(service, 20);
  expect(await service.flush()).toBe(0);
  expect([...collector.taken.keys()]).toEqual(ids);
  expect(collector.requests).toHaveLength(3);
  expect(dropped).toEqual([]);
  expect(errors).toHaveLength(1);
  await service.close();
});

test("a pause the collector asks for is kept", async () => {
  const collector = await openCollector({ status: 429, headers: { "retry-after": "1" } });
  const { service } = openService(collector);
  track(service, 1);
  await service.flush();
  const [first, second] = collector.requests;
  expect(Number(second?.at) - Number(first?.at)).toBeGreaterThanOrEqual(990);
  await service.close();
});

test("of a batch only what may succeed is sent again; the rest is told with the collector's reason", async () => {
  const collector = await openCollector({
    refuse: ({ properties }) => {
      const { n } = properties as { n: number };
      if (n === 1) return { code: "invalid_event", message: "no", retryable: false };
      return n === 2 ? { code: "busy", message: "later", retryable: true } : undefined;
    },
  });
  const { service, dropped } = openService(collector);
  const ids = track(service, 4);
  expect(await service.flush()).toBe(0);
  expect(collector.requests.map(({ events }) => events.length)).toEqual([4, 1]);
  expect(collector.taken).toEqual(once([ids[0], ids[3], ids[2]] as string[]));
  expect(dropped).toEqual([["refused", 1, "invalid_event: no"]]);
  await service.close();
});

test("a batch that is too large is halved until it fits, then they grow again; one event that alone is too large is told", async () => {
  const large = { status: 413 };
  const collector = await openCollector(large, large, large);
  const { service, dropped } = openService(collector);
  const ids = track(service, 4);
  expect(await service.flush()).toBe(0);
  expect(collector.requests.map(({ events }) => events.length)).toEqual([4, 2, 1, 1, 2]);
  expect(collector.taken).toEqual(once(ids.slice(1)));
  expect(dropped).toEqual([["oversized", 1]]);
  await service.close();
});

test("a wrong key loses nothing, and is told", async () => {
  const collector = await openCollector({ status: 401 });
  const { service, errors } = openService(collector);
  const ids = track(service, 2);
  expect(await service.flush(100)).toBe(2);
  expect(errors).toEqual([expect.stringContaining("401")]);
  expect(await service.close()).toBe(0);
  expect(collector.taken).toEqual(once(ids));
});

test("an outage loses nothing within the bounds, and what goes beyond them is told", async () => {
  const [away] = [await new FakeCollector().open()];
  await away[Symbol.asyncDispose]();
  const { service, dropped } = openService(away, { maxEvents: 100, batchSize: 10 });
  const ids: string[] = [];
  for (let round = 0; round < 15; round++) {
    ids.push(...track(service, 10));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const collector = new FakeCollector();
  open.push(collector);
  await collector.open(Number(new URL(away.url).port));
  expect(await service.close()).toBe(0);
  expect(collector.taken).toEqual(once(ids.slice(50)));
  expect(dropped.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(50);
  expect(dropped.every(([reason]) => reason === "full")).toBe(true);
});

// In `npm run test:long` alone: it waits for a minute.
if (process.env.SLUICE_LONG)
  test("an outage of a minute loses nothing of what was accepted before and meanwhile", async () => {
    const collector = await openCollector();
    const { service, dropped } = openService(collector, { retryDelay: 500, flushInterval: 1000 });
    const ids = track(service, 500);
    await service.flush();
    await collector[Symbol.asyncDispose]();
    for (const end = Date.now() + 60_000; Date.now() < end; ) {
      ids.push(...track(service, 10));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const back = new FakeCollector();
    open.push(back);
    await back.open(Number(new URL(collector.url).port));
    expect(await service.close()).toBe(0);
    expect(new Map([...collector.taken, ...back.taken])).toEqual(once(ids));
    expect(dropped).toEqual([]);
  }, 180_000);

test("what the end of a program leaves is sent by the next one", async () => {
  const folder = mkdtempSync(join(tmpdir(), "analytics-"));
  const spool = () => fileSpool(join(folder, "deep", "spool.ndjson"));
  const collector = await openCollector({ status: 500 }, "hang");
  const first = openService(collector, { spool: spool() });
  const ids = track(first.service, 5);
  expect(await first.service.close(50)).toBe(5);
  expect(first.dropped).toEqual([]);
  const second = openService(collector, { spool: spool() });
  expect(await second.service.flush()).toBe(0);
  expect(collector.taken).toEqual(once(ids));
  await second.service.close();
  const third = openService(collector, { spool: spool() });
  expect(await third.service.flush()).toBe(0);
  await third.service.close();
  expect(collector.taken).toEqual(once(ids));
  rmSync(folder, { recursive: true });
});

test("what a program that is killed had tried to send is sent by the next one, half a file beside it or not", async () => {
  const folder = mkdtempSync(join(tmpdir(), "analytics-"));
  const file = join(folder, "spool.ndjson");
  const program = `
    import { AnalyticsIngestionService } from ${JSON.stringify(join(import.meta.dirname, "analytics.ts"))};
    import { fileSpool } from ${JSON.stringify(join(import.meta.dirname, "file-spool.ts"))};
    const spool = fileSpool(${JSON.stringify(file)});
    const analytics = new AnalyticsIngestionService({ url: "http://127.0.0.1:1", key: "k", spool, onError() {} });
    for (let n = 0; n < 5; n++) analytics.trackEvent({ event_type: "search", id: "killed " + n });
    await analytics.flush();`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program]);
  const ended = new Promise((resolve) => child.on("exit", resolve));
  await vi.waitFor(() => expect(readFileSync(file, "utf8")).toContain("killed 4"), { timeout: 20_000 });
  child.kill("SIGKILL");
  await ended;
  writeFileSync(`${file}.next`, '{"id":"kil');
  const collector = await openCollector();
  const { service, errors } = openService(collector, { spool: fileSpool(file) });
  expect(await service.close()).toBe(0);
  expect(errors).toEqual([]);
  expect(collector.taken).toEqual(once([0, 1, 2, 3, 4].map((n) => `killed ${n}`)));
  rmSync(folder, { recursive: true });
}, 30_000);

test("without a spool the end tells what was not sent, and takes nothing more", async () => {
  const collector = await openCollector("hang", "hang");
  const { service, dropped } = openService(collector);
  track(service, 3);
  expect(await service.close(50)).toBe(3);
  expect(dropped).toEqual([["closed", 3]]);
  expect(() => service.trackPageView()).toThrow("closed");
});

test("an event larger than the collector takes is told at once", () => {
  const { service, dropped } = openService({ url: "http://127.0.0.1:1" });
  service.trackEvent({ event_type: "x", properties: { text: "y".repeat(300_000) } });
  expect(dropped).toEqual([["oversized", 1]]);
});

test("without options the address and the key are those of the environment", async () => {
  const collector = await openCollector();
  vi.stubEnv("SLUICE_URL", `${collector.url}/`);
  vi.stubEnv("SLUICE_WRITE_KEY", "of the environment");
  const service = new AnalyticsIngestionService();
  const id = service.trackEvent({ event_type: "search" });
  expect(await service.close()).toBe(0);
  expect(collector.taken).toEqual(once([id]));
  expect(collector.requests).toMatchObject([
    {
      url: expect.stringMatching(/^\/v1\/events\/server\?/),
      headers: { authorization: "Bearer of the environment" },
    },
  ]);
});

test("without an address it sends to this machine, at HTTP_PORT", async () => {
  const collector = await openCollector();
  vi.stubEnv("SLUICE_URL", undefined);
  vi.stubEnv("HTTP_PORT", new URL(collector.url).port);
  const service = new AnalyticsIngestionService({ key: "k" });
  service.trackEvent({ event_type: "search" });
  expect(await service.close()).toBe(0);
  expect(collector.taken.size).toBe(1);
});

test("between two tries it pauses, longer each time", async () => {
  const random = vi.spyOn(Math, "random").mockReturnValue(0.999);
  const collector = await openCollector(...Array<Behaviour>(3).fill({ status: 503 }));
  const { service } = openService(collector, { retryDelay: 40 });
  track(service, 1);
  await service.flush();
  random.mockRestore();
  const at = collector.requests.map((request) => request.at);
  for (const [n, pause] of [40, 80, 160].entries())
    expect(Number(at[n + 1]) - Number(at[n])).toBeGreaterThanOrEqual(pause - 3);
});

test("without a key it says what to set", () => {
  vi.stubEnv("SLUICE_WRITE_KEY", "");
  expect(() => new AnalyticsIngestionService({ url: "http://127.0.0.1:1" })).toThrow("SLUICE_WRITE_KEY");
});

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { projectRoot } from "../settings.ts";
import { openBrowser } from "./browser.ts";
import { openStack, type Stack, until } from "./stack.ts";

/** The page as a reader sees it: Debian's Chromium before a stack of its own, with real data. */
let stack: Stack;
let browser: Browser;
let axe: string;
const views = ["overview", "product", "commits", "domination", "chat", "health"];

beforeAll(async () => {
  [stack, browser, axe] = await Promise.all([
    openStack(),
    openBrowser(),
    readFile(join(projectRoot, "node_modules/axe-core/axe.min.js"), "utf8"),
  ]);
  await stack.sluice("up", "clickhouse", "kafka", "rabbitmq", "functions", "--detach");
  await Promise.all([
    stack.sluice("chat", "send", "--bot", "--count", "150", "--rate", "max"),
    stack.sluice("commits", "send", "--count", "300", "--rate", "max"),
    stack.sluice("ratings", "send", "--count", "500", "--rate", "max"),
    stack.sluice("analytics", "send", "max", "--count", "500"),
  ]);
  const counts =
    "SELECT (SELECT count() FROM user_messages) || ' ' || (SELECT count() FROM shadow) || ' ' || (SELECT count() FROM github.commits) || ' ' || (SELECT count() FROM bilten_analytics.events)";
  expect(await until("150 500 300 500", () => stack.value(counts), 60)).toBe("150 500 300 500");
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await stack?.close();
}, 60_000);

/** Pages of one test, with what their consoles said. */
let opened: { page: Page; said: string[] }[] = [];

afterEach(async () => {
  const all = opened;
  opened = [];
  await Promise.all(all.map(({ page }) => page.context().close()));
  expect(all.flatMap(({ said }) => said)).toEqual([]);
});

const address = (query: string) => `http://127.0.0.1:${stack.settings.HTTP_PORT}/${query}`;

/** People's endpoints answer 503 until change data capture is set up; the browser tells every such answer. */
const expected = /status of 503/;

async function open(query: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    timezoneId: "UTC",
    ...options,
  });
  const page = await context.newPage();
  const said: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !expected.test(message.text()))
      said.push(message.text());
  });
  page.on("pageerror", (error) => said.push(String(error)));
  page.on("request", (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(address("")))
      said.push(`asked elsewhere: ${request.url()}`);
  });
  opened.push({ page, said });
  await page.goto(address(`${query}#key=${stack.settings.SLUICE_READ_KEY}`));
  return page;
}

const panel = (page: Page, id: string) => page.locator(`[data-panel="${id}"]`);

/** Every panel has its answer; people's endpoints say what they wait for. */
const settled = (page: Page) =>
  page.waitForFunction(() => {
    const panels = [...document.querySelectorAll<HTMLElement>("[data-panel]")];
    return panels.length > 0 && panels.every(({ dataset }) => /ready|absent/.test(dataset.state ?? ""));
  });

/** What axe-core finds, in a world of its own: the page's policy holds for the page. */
async function violations(page: Page, rules?: string[]): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  const { frameTree } = await session.send("Page.getFrameTree");
  const { executionContextId: contextId } = await session.send("Page.createIsolatedWorld", {
    frameId: frameTree.frame.id,
  });
  const options = JSON.stringify(rules ? { runOnly: rules } : {});
  const expression = `${axe}; axe.run(document, ${options}).then(({ violations }) => violations.flatMap(({ id, nodes }) =>
    nodes.slice(0, 5).map(({ html }) => id + ": " + html.slice(0, 160))))`;
  const { result, exceptionDetails } = await session.send("Runtime.evaluate", {
    expression,
    contextId,
    awaitPromise: true,
    returnByValue: true,
  });
  if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
  return result.value as string[];
}

test("the key is asked for once: a wrong one is refused, the right one opens, and it never is in the address", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(address("?view=chat"));
  await page.getByLabel("Read key").fill("wrong");
  await page.getByRole("button", { name: "Open" }).click();
  await page.getByText("The server refuses this key.").waitFor();
  await page.getByLabel("Read key").fill(stack.settings.SLUICE_READ_KEY);
  await page.keyboard.press("Enter");
  await panel(page, "room").waitFor();
  await page.reload();
  await panel(page, "room").waitFor();
  await page.goto(address(`#key=${stack.settings.SLUICE_READ_KEY}`));
  await panel(page, "chat-now").waitFor();
  expect(page.url()).not.toContain(stack.settings.SLUICE_READ_KEY);
  await context.close();
});

test.each([
  ["light", undefined],
  // What the theme does not change was looked at in the light.
  ["dark", ["color-contrast"]],
] as const)(
  "every view shows real data and breaks no rule of axe-core, %s",
  async (colorScheme, rules) => {
    const page = await open("", { colorScheme });
    for (const [index, view] of views.entries()) {
      await page.keyboard.press(String(index + 1));
      await page.locator(`nav a[data-view="${view}"][aria-current="page"]`).waitFor();
      await settled(page);
      expect(await page.getByText("Nothing here yet").count(), view).toBe(0);
      if (view === "health")
        await panel(page, "mappings")
          .locator("tr", { hasText: /storeShadow.*polling/ })
          .waitFor();
      expect(await violations(page, rules && [...rules]), view).toEqual([]);
    }
  },
  60_000,
);

test("a published message is on the page within two seconds, and what it holds is text", async () => {
  const page = await open("?view=chat");
  const room = panel(page, "room");
  await room.locator("li").nth(49).waitFor();
  const evil = `<img src=x onerror="document.title='gone'"><script>document.title='gone'</script> & "quotes"`;
  // The moment it was published is the message's own: what the command takes before is not the page's.
  stack.start("chat", "send", "--username", "<b>eve</b>", "--message", evil);
  const line = room.locator("li", { has: page.getByText(evil, { exact: true }) });
  const published = await line.locator("time").getAttribute("datetime", { timeout: 15_000 });
  const late = Date.now() - Date.parse(published ?? "");
  expect(late).toBeGreaterThan(0);
  expect(late).toBeLessThan(2000);
  await room.getByText("<b>eve</b>", { exact: true }).waitFor();
  expect(await page.title()).toBe("Chat · Sluice");
  expect(await room.locator("img, script, li b b").count()).toBe(0);
});

test("history is behind a button, search finds in it, and the latest are a click away", async () => {
  const page = await open("?view=chat");
  const room = panel(page, "room");
  const messages = room.locator("li");
  await messages.nth(49).waitFor();
  expect(await messages.count()).toBeLessThan(100);
  await room.locator(".messages").evaluate((list) => list.scrollTo(0, 0));
  await room.getByRole("button", { name: "Older messages" }).click();
  await expect.poll(() => messages.count()).toBeGreaterThanOrEqual(100);
  const times = await messages
    .locator("time")
    .evaluateAll((all) => all.map((one) => one.getAttribute("datetime") ?? ""));
  expect(times).toEqual(times.toSorted());
  await stack.sluice("chat", "send", "--username", "ann", "--message", "a needle 🪡");
  await room.getByRole("button", { name: /Jump to latest \(\d+ new\)/ }).click();
  await room.getByText("a needle 🪡").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("/");
  await page.getByLabel("Search").fill("A NEEDLE");
  await expect.poll(() => messages.count()).toBe(1);
  expect(page.url()).toContain("search=A+NEEDLE");
});

test("what the address says is shown; a comparison, a table and a file come with it", async () => {
  const page = await open("?view=commits&range=30d&tz=Asia%2FKolkata&compare=1&author=ada");
  await settled(page);
  expect(await page.getByLabel("Zone").inputValue()).toBe("Asia/Kolkata");
  await page.getByText("period before").first().waitFor();
  const commits = panel(page, "commits-series");
  await commits.hover();
  await commits.getByRole("button", { name: "Table" }).click();
  expect(await commits.locator("tbody tr").count()).toBe(30);
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    commits.getByRole("button", { name: "CSV" }).click(),
  ]);
  const lines = (await readFile(await file.path(), "utf8")).trim().split("\r\n");
  expect(file.suggestedFilename()).toBe("commits_per_interval.csv");
  expect(lines[0]).toBe("interval_start,unix_time,commits,authors");
  expect(lines).toHaveLength(31);
  await page.goBack();
});

test("a hidden or paused page asks nothing, and one that is shown again asks at once", async () => {
  const page = await open("?view=domination");
  await settled(page);
  let asked = 0;
  page.on("request", () => asked++);
  const show = (visible: boolean) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, !visible);
  for (const [stop, go] of [
    [() => show(false), () => show(true)],
    [() => page.keyboard.press("p"), () => page.keyboard.press("p")],
  ] as const) {
    await stop();
    await sleep(300);
    asked = 0;
    await sleep(1500);
    expect(asked).toBe(0);
    await go();
    await sleep(500);
    expect(asked).toBeGreaterThan(0);
  }
});

test("a server that does not answer leaves the last figures, marked as what they are", async () => {
  const page = await open("?view=domination");
  await settled(page);
  const types = panel(page, "types");
  const before = await types.locator("li").allTextContents();
  await page.route("**/v1/endpoints/**", (route) => route.fulfill({ status: 500, body: "<h1>broken</h1>" }));
  await types.locator(".status", { hasText: "error" }).waitFor();
  expect(await types.locator("li").allTextContents()).toEqual(before);
  await page.unroute("**/v1/endpoints/**");
  await types.locator(".status", { hasText: /^updated/ }).waitFor({ timeout: 20_000 });
  const here = opened.find((one) => one.page === page);
  here?.said.splice(0, here.said.length, ...here.said.filter((text) => !/status of 500/.test(text)));
});

test("at 360 px nothing lies outside the page", async () => {
  const page = await open("", { viewport: { width: 360, height: 740 } });
  for (const index of views.keys()) {
    await page.keyboard.press(String(index + 1));
    await settled(page);
    const outside = await page.evaluate(() => {
      if (document.documentElement.scrollWidth <= 360) return [];
      const all = [...document.querySelectorAll("main *")];
      return all
        .filter((one) => one.getBoundingClientRect().right > 360)
        .map((one) => one.outerHTML.slice(0, 120));
    });
    expect(outside, views[index]).toEqual([]);
    const widths = await page
      .locator("[data-panel]")
      .evaluateAll((panels) => panels.map((one) => one.getBoundingClientRect().width));
    expect(Math.min(...widths), views[index]).toBeGreaterThan(320);
  }
});

test("while figures come in, nothing jumps", async () => {
  for (const view of ["overview", "product", "health"]) {
    const page = await open(`?view=${view}`);
    await settled(page);
    const jumped = await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          let sum = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) sum += (entry as unknown as { value: number }).value;
          }).observe({ type: "layout-shift", buffered: true });
          setTimeout(() => resolve(sum), 1000);
        }),
    );
    expect(jumped, view).toBeLessThan(0.05);
  }
}, 60_000);

test("times are those of the chosen zone, in messages and in charts", async () => {
  const zone = "Asia/Kathmandu";
  const told = (at: number) =>
    new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" }).format(at);
  const page = await open(`?view=chat&tz=${zone}`);
  const times = panel(page, "room").locator("li time");
  await times.nth(20).waitFor();
  for (const time of await times.all()) {
    const at = Date.parse((await time.getAttribute("datetime")) ?? "");
    expect(await time.getAttribute("title")).toBe(told(at));
  }
  await page.keyboard.press("1");
  await settled(page);
  for (const id of ["events-series", "chat-series"]) {
    const plot = panel(page, id).locator(".u-over");
    const { width, height } = (await plot.boundingBox()) ?? { width: 0, height: 0 };
    await plot.hover({ position: { x: width - 2, y: height / 2 } });
    const shown = (await panel(page, id).locator(".legend time").textContent()) ?? "";
    const possible = Array.from({ length: 12 }, (_, minute) =>
      told(Date.now() - minute * 60_000).slice(0, 16),
    );
    expect(possible).toContain(shown);
  }
});

test("where there is nothing, a panel says so instead of drawing nought", async () => {
  const page = await open("?view=product&organizer_id=nobody");
  for (const id of ["funnel", "top-events", "revenue-days"]) {
    await panel(page, id).getByText("Nothing here yet. Try: npx sluice analytics send 10").waitFor();
    const isChart = (await panel(page, id).locator(".uplot").count()) > 0;
    expect(await panel(page, id).locator(".body").first().isVisible(), id).toBe(isChart);
  }
});

test("keys do what the help says, and the first stop of the tabulator leads past the frame", async () => {
  const page = await open("?view=domination");
  await settled(page);
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keys" });
  await help.getByText("compare with the period before").waitFor();
  await page.keyboard.press("Escape");
  await help.waitFor({ state: "hidden" });
  const theme = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const before = await theme();
  await page.keyboard.press("d");
  expect(await theme()).not.toBe(before);
  await page.keyboard.press("c");
  expect(page.url()).toContain("compare=1");
  expect(await page.getByLabel("Compare with the period before").isChecked()).toBe(true);
  await page.reload();
  await settled(page);
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the panels");
  await page.keyboard.press("Enter");
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("panels");
});

test.each([
  ["no-preference", "0.25s"],
  ["reduce", "0s"],
] as const)("with a preference for motion of %s a bar takes %s to grow", async (reducedMotion, takes) => {
  const page = await open("?view=chat", { reducedMotion });
  await settled(page);
  const bar = panel(page, "active").locator(".bar").first();
  expect(await bar.evaluate((one) => getComputedStyle(one).transitionDuration)).toBe(takes);
});

test("figures that are no longer confirmed are called stale, and paused ones paused", async () => {
  const page = await open("?view=domination");
  await settled(page);
  const status = panel(page, "types").locator(".status");
  await page.keyboard.press("p");
  await status.filter({ hasText: /^paused · updated \d+ s ago$/ }).waitFor();
  await page.keyboard.press("p");
  // Never answered, nor refused.
  await page.route("**/v1/endpoints/**", () => undefined);
  await status.filter({ hasText: /^stale · updated \d+ s ago$/ }).waitFor({ timeout: 12_000 });
  expect(await page.locator(".badge").textContent()).toBe("stale");
}, 30_000);

test("the first paint comes within half a second, from under 60 KB", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  let bytes = 0;
  session.on("Network.loadingFinished", ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  const paint = async () => {
    await page.goto(address(""), { waitUntil: "load" });
    await page.getByLabel("Read key").waitFor();
    return page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          new PerformanceObserver((list) => {
            for (const { name, startTime } of list.getEntries())
              if (name === "first-contentful-paint") resolve(startTime);
          }).observe({ type: "paint", buffered: true });
        }),
    );
  };
  const times = [await paint()];
  expect(bytes).toBeGreaterThan(10_000);
  expect(bytes).toBeLessThan(60 * 1024);
  for (let round = 0; round < 2; round++) times.push(await paint());
  // The best of three: the machine is not the page's alone.
  expect(Math.min(...times)).toBeLessThan(500);
  await context.close();
});

test("an hour open while a bot talks takes no more memory than the time until the room is full", async () => {
  const bot = stack.start("chat", "send", "--bot", "--rate", "100");
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  try {
    const page = await context.newPage();
    await page.clock.install();
    await page.goto(address(`?view=chat#key=${stack.settings.SLUICE_READ_KEY}`));
    const messages = panel(page, "room").locator("li");
    await messages.nth(49).waitFor();
    const session = await context.newCDPSession(page);
    await session.send("Performance.enable");
    const measure = async () => {
      await session.send("HeapProfiler.collectGarbage");
      const { metrics } = await session.send("Performance.getMetrics");
      const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
      return { heap: of("JSHeapUsedSize"), nodes: of("Nodes"), listeners: of("JSEventListeners") };
    };
    /** Until the answer is there: one that came while the clock runs on would seem slow, and a slow server is asked less. */
    const twoMinutes = async () => {
      const answered = page.waitForResponse(/\/chat_messages\?/);
      await page.clock.runFor(120_000);
      await answered;
      await sleep(50);
    };
    while ((await messages.count()) < 500) await twoMinutes();
    const early = await measure();
    const last = await messages.last().textContent();
    for (let minutes = 0; minutes < 60; minutes += 2) await twoMinutes();
    const late = await measure();
    expect(await messages.last().textContent()).not.toBe(last);
    expect(late.heap).toBeLessThan(early.heap * 1.15 + 500_000);
    expect(late.nodes).toBeLessThan(early.nodes * 1.2 + 100);
    expect(late.listeners).toBeLessThan(early.listeners + 20);
  } finally {
    bot.kill();
    await context.close();
  }
}, 240_000);

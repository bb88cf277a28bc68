import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { type View, views } from "../../functions/pages/app/state.ts";
import { openBrowser } from "../test/browser.ts";
import { openStack } from "../test/stack.ts";
import type { Bench } from "./bench.ts";
import { figure } from "./figure.ts";
import { longestTask, taskCategories } from "./main-thread.ts";
import { insertRows, settle } from "./query-rows.ts";
import { openAdmin } from "./services.ts";
import { median } from "./statistics.ts";

/** Milliseconds: until something is seen, until every panel has its figures, and that the page may be busy at a time. */
const goal = { paint: 500, figures: 1000, task: 50 };

/** How long each view is looked at, in milliseconds: its panels ask once a second. */
const watched = 5_000;

interface Seen {
  paint: number;
  figures: number;
  /** 0: no task took longer than 50 ms; browsers tell of no shorter ones. */
  longest: number;
  /** Of the longest task, of the processor. */
  busy: number;
}

/** The page in a real browser before the functions of a stack of its own. */
export const page: Bench = {
  name: "page",
  summary: "each view in Chromium with 10,000,000 rows behind it, live; peer: our goals",
  async *run(options) {
    const { rows = 10_000_000, rounds = 3, progress, cleanup } = options;
    const stack = await openStack();
    cleanup.defer(() => stack.close());
    progress("starting the stack");
    await stack.sluice("up", "clickhouse", "kafka", "rabbitmq", "functions", "--detach");
    const admin = openAdmin(stack.settings, options);
    const end = new Date().toISOString().slice(0, 19).replace("T", " ");
    await insertRows(admin, rows, progress, end);
    await settle(admin, progress);
    const browser = await openBrowser();
    cleanup.defer(() => browser.close());
    const address = (view: View) =>
      `http://127.0.0.1:${stack.settings.HTTP_PORT}/?view=${view}#key=${stack.settings.SLUICE_READ_KEY}`;
    for (const view of Object.keys(views) as View[]) {
      progress(`looking at ${view}`);
      const seen: Seen[] = [];
      for (let round = 0; round < rounds; round++) seen.push(await look(browser, address(view)));
      const of = (name: keyof Seen) => seen.map((one) => one[name]);
      yield figure("page", `${view}, first contentful paint`, median(of("paint")), goal.paint, "ms");
      yield figure("page", `${view}, every panel has its figures`, median(of("figures")), goal.figures, "ms");
      const [longest, busy] = [Math.max(...of("longest")), Math.max(...of("busy"))];
      yield figure("page", `${view}, longest task (0: none over 50 ms)`, longest, goal.task, "ms");
      yield figure("page", `${view}, longest task, of the processor alone`, busy, goal.task, "ms");
    }
  },
};

/** One visit with an empty cache. */
async function look(browser: Browser, address: string): Promise<Seen> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, timezoneId: "UTC" });
  try {
    const tab = await context.newPage();
    await tab.addInitScript(observe);
    await browser.startTracing(tab, { categories: taskCategories });
    await tab.goto(address);
    const figures = await haveFigures(tab);
    await sleep(watched);
    const { paint, longest } = await tab.evaluate(() => (globalThis as unknown as Observed).seen);
    return { paint, longest, figures, busy: longestTask(await browser.stopTracing()) };
  } finally {
    await context.close();
  }
}

interface Observed {
  seen: { paint: number; longest: number };
}

/** Runs in the page, before anything of it does. */
function observe(): void {
  const seen = { paint: 0, longest: 0 };
  (globalThis as unknown as Observed).seen = seen;
  new PerformanceObserver((list) => {
    for (const { name, startTime } of list.getEntries())
      if (name === "first-contentful-paint") seen.paint = startTime;
  }).observe({ type: "paint", buffered: true });
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) seen.longest = Math.max(seen.longest, duration);
  }).observe({ type: "longtask", buffered: true });
}

/** Milliseconds from the beginning of the visit until each panel shows its answer, or what it waits for. */
async function haveFigures(tab: Page): Promise<number> {
  const handle = await tab.waitForFunction(() => {
    const panels = [...document.querySelectorAll<HTMLElement>("[data-panel]")];
    const done = panels.length > 0 && panels.every(({ dataset }) => /ready|absent/.test(dataset.state ?? ""));
    return done && performance.now();
  });
  return Number(await handle.jsonValue());
}

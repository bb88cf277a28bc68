import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { type View, views } from "../../functions/pages/app/state.ts";
import { openBrowser } from "../test/browser.ts";
import { openStack } from "../test/stack.ts";
import type { Bench } from "./bench.ts";
import { figure } from "./figure.ts";
import { type Longest, longestTask, taskCategories } from "./main-thread.ts";
import { insertProductEvents } from "./product-rows.ts";
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
  longest: Longest;
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
    await insertProductEvents(admin, rows, progress, end);
    await settle(admin, progress);
    const browser = await openBrowser();
    cleanup.defer(() => browser.close());
    const address = (view: View) =>
      `http://127.0.0.1:${stack.settings.HTTP_PORT}/?view=${view}#key=${stack.settings.SLUICE_READ_KEY}`;
    for (const view of Object.keys(views) as View[]) {
      progress(`looking at ${view}`);
      const seen: Seen[] = [];
      for (let round = 0; round < rounds; round++) seen.push(await look(browser, address(view)));
      const of = (value: (one: Seen) => number, ofAll: (values: number[]) => number) =>
        ofAll(seen.map(value));
      const most = (values: number[]) => Math.max(...values);
      const paint = of((one) => one.paint, median);
      const figures = of((one) => one.figures, median);
      const clock = of(({ longest }) => longest.clock, most);
      const processor = of(({ longest }) => longest.processor, most);
      yield figure("page", `${view}, first contentful paint`, paint, goal.paint, "ms");
      yield figure("page", `${view}, every panel has its figures`, figures, goal.figures, "ms");
      yield figure("page", `${view}, longest task`, clock, goal.task, "ms");
      yield figure("page", `${view}, longest task, of the processor alone`, processor, goal.task, "ms");
    }
  },
};

/** One visit with an empty cache. */
async function look(browser: Browser, address: string): Promise<Seen> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, timezoneId: "UTC" });
  try {
    const tab = await context.newPage();
    const evaluate = await openEvaluate(tab);
    await browser.startTracing(tab, { categories: taskCategories });
    await tab.goto(address);
    const figures = await haveFigures(evaluate);
    await sleep(watched);
    const paint = await evaluate('performance.getEntriesByName("first-contentful-paint")[0]?.startTime');
    return {
      paint: Number(paint ?? Number.NaN),
      figures,
      longest: longestTask(await browser.stopTracing(), new URL(address).origin),
    };
  } finally {
    await context.close();
  }
}

type Evaluate = (expression: string) => Promise<unknown>;

/** Without the script that playwright puts into a page first: to compile it is a task of ten milliseconds that is not the page's. */
async function openEvaluate(tab: Page): Promise<Evaluate> {
  const session = await tab.context().newCDPSession(tab);
  return async (expression) => {
    const { result } = await session.send("Runtime.evaluate", { expression, returnByValue: true });
    return result.value;
  };
}

/** 0 until each panel shows its answer, or what it waits for; then the milliseconds since the visit began. */
const figuresAt = `(() => {
  const panels = [...document.querySelectorAll("[data-panel]")];
  const done = panels.length > 0 && panels.every(({ dataset }) => /ready|absent/.test(dataset.state ?? ""));
  return done ? performance.now() : 0;
})()`;

async function haveFigures(evaluate: Evaluate): Promise<number> {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(20)) {
    const at = Number(await evaluate(figuresAt));
    if (at > 0) return at;
  }
  throw new Error("a panel has no figures after a minute");
}

import { type Endpoint, openApi } from "./api.ts";
import { openBoard } from "./board.ts";
import { say, set } from "./dom.ts";
import { forgetKey } from "./key.ts";
import { openShell } from "./shell.ts";
import { formatState, parseState, type State, type View, views } from "./state.ts";
import { openTheme } from "./theme.ts";
import { clockText, spanOf } from "./window.ts";

/** The page behind its key: the state in the URL, the keyboard, and the panels. */
export function openPage(
  app: HTMLElement,
  homeZone: string,
  { key, endpoints }: { key: string; endpoints: Endpoint[] },
): void {
  let state = parseState(location.search, homeZone);
  let paused = false;
  const relock = () => {
    forgetKey();
    location.reload();
  };
  const theme = openTheme(() => board.redraw());
  const shell = openShell(app, homeZone, { go, theme: theme.toggle, pause });
  const board = openBoard(shell.main, openApi(key), endpoints, relock);

  function go(change: Partial<State>): void {
    const filters = { ...state.filters, ...change.filters };
    const next = { ...state, ...change, filters };
    if (next.range === "custom" && state.range !== "custom") {
      // Begins as what is shown.
      const { from, to } = spanOf(state, Date.now() / 1000);
      next.from = clockText(from, next.zone);
      next.to = clockText(to, next.zone);
    }
    const isOther = next.view !== state.view;
    state = next;
    const url = formatState(state, homeZone);
    // Another view is a step to go back from; another range is not.
    if (isOther) history.pushState(null, "", url);
    else history.replaceState(null, "", url);
    show();
  }
  function show(): void {
    shell.show(state);
    board.show(state);
    tick();
  }
  function pause(): void {
    paused = !paused;
    say(shell.pause, paused ? "Resume" : "Pause");
    set(shell.pause, { "aria-pressed": String(paused) });
    run();
  }
  function run(): void {
    board.run(!paused && !document.hidden);
    tick();
  }
  function tick(): void {
    board.tick();
    const health = paused ? "paused" : board.health();
    shell.badge.dataset.state = health;
    say(shell.badge, health);
  }

  addEventListener("popstate", () => {
    state = parseState(location.search, homeZone);
    show();
  });
  document.addEventListener("visibilitychange", run);
  document.addEventListener("keydown", (event) => {
    const inField = (event.target as Element).closest("input, select, textarea");
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    if (inField) return;
    const view = Object.keys(views)[Number(event.key) - 1];
    if (view) go({ view: view as View });
    else if (event.key === "p") pause();
    else if (event.key === "c") go({ compare: !state.compare });
    else if (event.key === "d") theme.toggle();
    else if (event.key === "?") shell.help.showModal();
    else if (event.key === "/") {
      event.preventDefault();
      app.querySelector<HTMLInputElement>('.controls input[type="search"]:not([hidden])')?.focus();
    }
  });
  shell.show(state);
  // The frame is seen before its panels are made.
  setTimeout(() => {
    board.show(state);
    run();
    setInterval(tick, 1000);
  });
}

import type { Answer, Api, Endpoint } from "./api.ts";
import { h } from "./dom.ts";
import type { Data } from "./draw/drawing.ts";
import { openPanel, type PanelView } from "./panel.ts";
import { type Panel, panels } from "./panels.ts";
import { openSource, type Request, type Source } from "./source.ts";
import type { State } from "./state.ts";
import { before, isTimed, lengthOf, paramsFor, type Span, spanOf } from "./window.ts";

export interface Board {
  show(state: State): void;
  /** Whether it asks at all. */
  run(on: boolean): void;
  /** Once a second. */
  tick(): void;
  redraw(): void;
  /** What the panels say, for the badge. */
  health(): "live" | "stale" | "error" | "loading";
}

interface Shown {
  panel: Panel;
  view: PanelView;
  now: string;
  before: string | undefined;
}

/** The panels of a view and the questions behind them; panels with the same question share it. */
export function openBoard(
  host: HTMLElement,
  api: Api,
  endpoints: readonly Endpoint[],
  onLocked: () => void,
): Board {
  const known = new Map(endpoints.map((endpoint) => [endpoint.name, endpoint.params ?? {}]));
  const sources = new Map<string, Source>();
  let shown: Shown[] = [];
  let state: State | undefined;
  let span: Span = { from: 0, to: 0, live: true, name: "" };
  let running = true;

  const requestFor = (panel: Panel, over: Span, given: State): Request => ({
    endpoint: panel.endpoint,
    params: paramsFor(known.get(panel.endpoint) ?? {}, over, given, panel.params, panel.step),
    every: panel.every ?? 1,
  });

  const sourceFor = (request: Request, wanted: Set<string>, earlier: string): string => {
    const key = JSON.stringify([request.endpoint, request.params]);
    wanted.add(key);
    if (!sources.has(key)) {
      const isServed = known.has(request.endpoint);
      const source = isServed ? openSource(api, request, () => changed(key)) : absentSource(request.endpoint);
      // Until it has answered, the panel shows what it showed, and how old that is.
      const { checkedAt } = sources.get(earlier)?.reading ?? {};
      if (isServed && checkedAt !== undefined) source.reading.checkedAt = checkedAt;
      sources.set(key, source);
      if (running) source.start();
    }
    return key;
  };

  /** The questions of now: they change when the span moves on by an interval. */
  const ask = () => {
    if (!state) return;
    span = spanOf(state, Date.now() / 1000);
    const wanted = new Set<string>();
    for (const one of shown) {
      const takes = known.get(one.panel.endpoint) ?? {};
      const key = sourceFor(requestFor(one.panel, span, state), wanted, one.now);
      const compared = state.compare && isTimed(takes) && canCompare(one.panel);
      one.now = key;
      one.view.caption(
        one.panel.about ??
          (isTimed(takes) ? captionOf(span) : known.has(one.panel.endpoint) ? "all time" : ""),
      );
      one.before = compared ? sourceFor(requestFor(one.panel, before(span), state), wanted, "") : undefined;
    }
    for (const [key, source] of sources) {
      if (wanted.has(key)) continue;
      source.stop();
      sources.delete(key);
    }
  };

  const older = async (panel: Panel, cursor: string): Promise<Answer | undefined> => {
    if (!state) return undefined;
    const { endpoint, params } = requestFor(panel, span, state);
    const outcome = await api.ask(endpoint, { ...params, cursor });
    return outcome.kind === "answer" ? outcome.answer : undefined;
  };

  const changed = (key: string) => {
    if (sources.get(key)?.reading.trouble?.kind === "locked") onLocked();
    for (const one of shown) if (one.now === key || one.before === key) update(one);
  };

  const update = (one: Shown) => {
    const reading = sources.get(one.now)?.reading;
    if (!reading || !state) return;
    const previous = one.before === undefined ? undefined : sources.get(one.before)?.reading.answer?.data;
    const { interval } = requestFor(one.panel, span, state).params;
    const data: Data | undefined = reading.answer && {
      rows: reading.answer.data,
      previous,
      span,
      step: one.panel.step ?? lengthOf(interval ?? "day"),
      zone: state.zone,
      next: reading.answer.next,
      question: JSON.stringify(state.filters),
    };
    one.view.update(reading, data);
  };

  return {
    show(next) {
      if (next.view !== state?.view) {
        for (const { view } of shown) view.close();
        shown = panels[next.view].map((panel) => ({
          panel,
          view: openPanel(panel, (cursor) => older(panel, cursor)),
          now: "",
          before: undefined,
        }));
        host.replaceChildren(h("div", { class: "panels" }, ...shown.map(({ view }) => view.element)));
      }
      state = next;
      ask();
      for (const one of shown) update(one);
    },
    run(on) {
      if (running === on) return;
      running = on;
      for (const source of sources.values()) on ? source.start() : source.stop();
    },
    tick() {
      if (running) ask();
      for (const { view, now } of shown) view.tick(sources.get(now)?.reading ?? {}, !running);
    },
    redraw() {
      for (const { view } of shown) view.redraw();
    },
    health() {
      const ages = shown.map(({ view }) => view.element.dataset.age);
      return (["error", "stale", "loading"] as const).find((one) => ages.includes(one)) ?? "live";
    },
  };
}

/** In place of an endpoint that the server does not list: nothing is asked. */
const absentSource = (endpoint: string): Source => ({
  reading: { trouble: { kind: "absent", detail: `This server does not answer ${endpoint}.` } },
  start: () => undefined,
  stop: () => undefined,
});

const captionOf = ({ live, name }: Span) => (live && name !== "custom" ? `last ${name}` : "");

const canCompare = ({ draw }: Panel) => draw.kind === "series" || draw.kind === "figure";

import type { Answer, Api, Endpoint, Row } from "./api.ts";
import { h } from "./dom.ts";
import type { Data } from "./draw/drawing.ts";
import { inTurn } from "./in-turn.ts";
import { openPanel, type PanelView } from "./panel.ts";
import { type Panel, panels } from "./panels.ts";
import { openQuestions } from "./questions.ts";
import type { Request } from "./source.ts";
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
  /** The keys of its questions: about the span, and about the one before when it is compared. */
  now: string;
  before: string | undefined;
  /** What was last heard of the period before. */
  previous: Row[] | undefined;
}

/** The panels of a view, and the questions behind them. */
export function openBoard(
  host: HTMLElement,
  api: Api,
  endpoints: readonly Endpoint[],
  onLocked: () => void,
): Board {
  const known = new Map(endpoints.map((endpoint) => [endpoint.name, endpoint.params ?? {}]));
  const questions = openQuestions(api, (endpoint) => known.has(endpoint), changed);
  let shown: Shown[] = [];
  let state: State | undefined;
  let span: Span = { from: 0, to: 0, live: true, name: "" };
  let running = true;

  const requestFor = (panel: Panel, over: Span, given: State): Request => ({
    endpoint: panel.endpoint,
    params: paramsFor(known.get(panel.endpoint) ?? {}, over, given, panel.params, panel.step),
    every: panel.every ?? 1,
  });

  const captionOf = ({ about, endpoint }: Panel): string => {
    const takes = known.get(endpoint);
    if (about !== undefined || !takes) return about ?? "";
    if (!isTimed(takes)) return "all time";
    return span.live && span.name !== "custom" ? `last ${span.name}` : "";
  };

  /** The questions of now: they change when the span moves on by an interval. */
  function ask(given: State): void {
    span = spanOf(given, Date.now() / 1000);
    const wanted = shown.flatMap((one) => {
      const now = { request: requestFor(one.panel, span, given), instead: one.now };
      const isCompared =
        given.compare && canCompare(one.panel) && isTimed(known.get(one.panel.endpoint) ?? {});
      if (!isCompared) return [{ one, as: "now" as const, ...now }];
      const earlier = { request: requestFor(one.panel, before(span), given), instead: "" };
      return [
        { one, as: "now" as const, ...now },
        { one, as: "before" as const, ...earlier },
      ];
    });
    const keys = questions.ask(wanted);
    for (const one of shown) one.before = undefined;
    wanted.forEach(({ one, as }, index) => {
      one[as] = keys[index] ?? "";
    });
    for (const one of shown) {
      if (one.before === undefined) one.previous = undefined;
      one.view.caption(captionOf(one.panel));
    }
  }

  async function older(panel: Panel, cursor: string): Promise<Answer | undefined> {
    if (!state) return undefined;
    const { endpoint, params } = requestFor(panel, span, state);
    const outcome = await api.ask(endpoint, { ...params, cursor });
    return outcome.kind === "answer" ? outcome.answer : undefined;
  }

  function changed(key: string): void {
    if (questions.reading(key)?.trouble?.kind === "locked") onLocked();
    for (const one of shown) if (one.now === key || one.before === key) updateLater(one);
  }

  /** A chart costs ten milliseconds, and answers come together. */
  const updateLater = inTurn((one: Shown) => {
    if (shown.includes(one)) update(one);
  });

  function update(one: Shown): void {
    const reading = questions.reading(one.now);
    if (!reading || !state) return;
    if (one.before !== undefined) one.previous = questions.reading(one.before)?.answer?.data ?? one.previous;
    const { interval } = requestFor(one.panel, span, state).params;
    const data: Data | undefined = reading.answer && {
      rows: reading.answer.data,
      previous: one.previous,
      span,
      step: one.panel.step ?? lengthOf(interval ?? "day"),
      zone: state.zone,
      next: reading.answer.next,
      question: JSON.stringify(state.filters),
    };
    one.view.update(reading, data);
  }

  const open = (panel: Panel): Shown => {
    const view = openPanel(panel, (cursor) => older(panel, cursor));
    return { panel, view, now: "", before: undefined, previous: undefined };
  };

  return {
    show(next) {
      if (next.view !== state?.view) {
        for (const { view } of shown) view.close();
        shown = panels[next.view].map(open);
        host.replaceChildren(h("div", { class: "panels" }, ...shown.map(({ view }) => view.element)));
      }
      state = next;
      ask(next);
      for (const one of shown) update(one);
    },
    run(on) {
      running = on;
      questions.run(on);
    },
    tick() {
      if (running && state) ask(state);
      for (const { view, now } of shown) view.tick(questions.reading(now) ?? {}, !running);
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

const canCompare = ({ draw }: Panel) => draw.kind === "series" || draw.kind === "figure";

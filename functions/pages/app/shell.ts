import { h, set } from "./dom.ts";
import { openHelp } from "./help.ts";
import { type Filter, filterNames, formatState, type State, type View, views } from "./state.ts";
import { presets, spanOf } from "./window.ts";

export interface Shell {
  main: HTMLElement;
  badge: HTMLElement;
  pause: HTMLButtonElement;
  help: HTMLDialogElement;
  show(state: State): void;
}

/** Which filters a view's endpoints know. */
const filtersOf: Record<View, readonly Filter[]> = {
  overview: [],
  product: ["organizer_id"],
  commits: ["repo", "author"],
  domination: [],
  chat: ["username", "search"],
  health: [],
};

const filterWords: Record<Filter, string> = {
  repo: "Repository",
  author: "Author",
  organizer_id: "Organizer",
  username: "User",
  search: "Search",
};

/** The frame around the panels: views, range, zone, filters, what the page is doing. */
export function openShell(
  host: HTMLElement,
  homeZone: string,
  { go, theme, pause }: { go: (change: Partial<State>) => void; theme: () => void; pause: () => void },
): Shell {
  const main = h("main", { id: "panels", tabindex: "-1" });
  const badge = h("span", { class: "badge", role: "status" });
  const pauseButton = h("button", { type: "button", class: "quiet", title: "p", onclick: pause }, "Pause");
  const links = Object.entries(views).map(([view, title], index) => {
    const follow = (event: Event) => {
      const click = event as MouseEvent;
      if (click.metaKey || click.ctrlKey || click.shiftKey) return;
      event.preventDefault();
      go({ view: view as View });
    };
    return h("a", { href: "?", "data-view": view, title: String(index + 1), onclick: follow }, title);
  });
  const range = h("select", { id: "range", onchange: () => go({ range: range.value }) });
  range.append(
    ...[...Object.keys(presets), "custom"].map((name) =>
      h("option", { value: name }, name === "custom" ? "Custom…" : `Last ${name}`),
    ),
  );
  const from = h("input", {
    type: "datetime-local",
    "aria-label": "From",
    onchange: () => go({ from: from.value }),
  });
  const to = h("input", { type: "datetime-local", "aria-label": "To", onchange: () => go({ to: to.value }) });
  const custom = h("span", { class: "custom" }, from, "–", to);
  const zone = h("select", { id: "zone", onchange: () => go({ zone: zone.value }) });
  const offer = (names: string[]) => {
    const there = new Set([...zone.options].map(({ value }) => value));
    zone.append(
      ...names.filter((name) => !there.has(name)).map((name) => h("option", { value: name }, name)),
    );
  };
  offer([...new Set([homeZone, "UTC"])]);
  // Four hundred of them: when somebody looks for one.
  const offerAll = () => offer(Intl.supportedValuesOf("timeZone"));
  for (const event of ["focus", "pointerdown"]) zone.addEventListener(event, offerAll, { once: true });
  const compare = h("input", {
    type: "checkbox",
    id: "compare",
    onchange: () => go({ compare: compare.checked }),
  });
  const inputs = filterNames.map((name) => {
    const input = h("input", {
      type: "search",
      id: `filter-${name}`,
      placeholder: filterWords[name],
      "aria-label": filterWords[name],
    });
    let timer: ReturnType<typeof setTimeout>;
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => go({ filters: { [name]: input.value.trim() } }), 250);
    });
    return [name, input] as const;
  });
  const help = openHelp();
  host.replaceChildren(
    h("a", { class: "skip", href: "#panels" }, "Skip to the panels"),
    h(
      "header",
      { class: "top" },
      h("h1", { class: "brand" }, "Sluice"),
      h("nav", { "aria-label": "Views" }, ...links),
      h(
        "span",
        { class: "state" },
        badge,
        pauseButton,
        h("button", { type: "button", title: "d", "aria-label": "Dark or light", onclick: theme }, "◐"),
        h(
          "button",
          {
            type: "button",
            class: "quiet",
            title: "?",
            "aria-label": "Keys",
            onclick: () => help.showModal(),
          },
          "?",
        ),
      ),
    ),
    h(
      "section",
      { class: "controls", "aria-label": "What is shown" },
      h("label", {}, h("span", {}, "Range"), range),
      custom,
      h("label", {}, h("span", {}, "Zone"), zone),
      h("label", { class: "check" }, compare, h("span", {}, "Compare with the period before")),
      ...inputs.map(([, input]) => input),
    ),
    main,
    help,
  );
  return {
    main,
    badge,
    pause: pauseButton,
    help,
    show(state) {
      document.title = `${views[state.view]} · Sluice`;
      for (const link of links) {
        const view = link.dataset.view as View;
        set(link, {
          href: formatState({ ...state, view }, homeZone),
          "aria-current": view === state.view ? "page" : undefined,
        });
      }
      range.value = state.range === "custom" ? "custom" : spanOf(state, 0).name;
      custom.hidden = state.range !== "custom";
      from.value = state.from ?? "";
      to.value = state.to ?? "";
      offer([state.zone]);
      zone.value = state.zone;
      compare.checked = state.compare;
      for (const [name, input] of inputs) {
        input.hidden = !filtersOf[state.view].includes(name);
        if (document.activeElement !== input) input.value = state.filters[name] ?? "";
      }
    },
  };
}

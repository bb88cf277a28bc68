import { clock } from "./clock.ts";

/** What the page shows, all of it in the URL: a link shows another person the same. */
export interface State {
  view: View;
  /** A preset's name, `custom`, or undefined for the view's own. */
  range: string | undefined;
  /** ISO 8601 without a zone (the zone is `zone`); only with the range `custom`. */
  from: string | undefined;
  to: string | undefined;
  /** IANA time zone. */
  zone: string;
  compare: boolean;
  filters: Partial<Record<Filter, string>>;
}

export const views = {
  overview: "Overview",
  product: "Product",
  commits: "Commits",
  domination: "Domination",
  chat: "Chat",
  health: "Health",
} as const;
export type View = keyof typeof views;

/** Names of endpoints' parameters that a person may set. */
export const filterNames = ["repo", "author", "organizer_id", "username", "search"] as const;
export type Filter = (typeof filterNames)[number];

export function parseState(search: string, homeZone: string): State {
  const given = new URLSearchParams(search);
  const text = (name: string) => given.get(name) || undefined;
  const view = text("view") ?? "";
  const filters = filterNames.flatMap((name) => {
    const value = text(name);
    return value ? [[name, value]] : [];
  });
  return {
    view: Object.hasOwn(views, view) ? (view as View) : "overview",
    range: text("range"),
    from: text("from"),
    to: text("to"),
    zone: isZone(text("tz")) ? (text("tz") as string) : homeZone,
    compare: given.has("compare"),
    filters: Object.fromEntries(filters),
  };
}

/** The other way round; what is as it would be anyway is left out. */
export function formatState(state: State, homeZone: string): string {
  const given = new URLSearchParams();
  if (state.view !== "overview") given.set("view", state.view);
  if (state.range) given.set("range", state.range);
  if (state.range === "custom" && state.from) given.set("from", state.from);
  if (state.range === "custom" && state.to) given.set("to", state.to);
  if (state.zone !== homeZone) given.set("tz", state.zone);
  if (state.compare) given.set("compare", "1");
  for (const name of filterNames) if (state.filters[name]) given.set(name, state.filters[name]);
  const text = given.toString();
  return text ? `?${text}` : "?";
}

function isZone(name: string | undefined): boolean {
  try {
    return name !== undefined && clock(0, name) !== "";
  } catch {
    return false;
  }
}

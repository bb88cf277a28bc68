import * as z from "zod";
import { endpoints } from "../../functions/lib/endpoints.ts";
import { panels } from "../../functions/pages/app/panels.ts";
import { parseState, type View, views } from "../../functions/pages/app/state.ts";
import { paramsFor, spanOf } from "../../functions/pages/app/window.ts";

/** A question that the page asks, as it asks it. */
export interface PageQuestion {
  /** `commits: By author`; of several panels that share it, the first. */
  title: string;
  endpoint: string;
  params: Record<string, string>;
}

/** Reads no table. */
const fromFile = "event_source_mappings";

/**
 * Each question of the page's views with the span each has by itself, once, as if it were `now`: what would end with the present
 * ends there.
 * @param left endpoints that are not asked.
 */
export function pageQuestions(now: string, left: readonly string[] = []): PageQuestion[] {
  const found = new Map<string, PageQuestion>();
  for (const view of Object.keys(views) as View[]) {
    const state = parseState(`?view=${view}`, "UTC");
    const span = spanOf(state, Date.parse(now) / 1000);
    for (const { title, endpoint, params: wanted, step } of panels[view]) {
      const query = endpoints.get(endpoint);
      if (!query || endpoint === fromFile || left.includes(endpoint)) continue;
      const takes = z.toJSONSchema(query.params, { io: "input" }).properties ?? {};
      const params = paramsFor(takes as never, span, state, wanted, step);
      if ("until" in takes && !("since" in params)) params.until = now;
      const key = JSON.stringify([endpoint, params]);
      if (!found.has(key)) found.set(key, { title: `${view}: ${title}`, endpoint, params });
    }
  }
  return [...found.values()];
}

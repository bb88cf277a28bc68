import { h } from "../dom.ts";
import { format } from "../format.ts";
import { type Data, type Drawing, type Drawn, figure } from "./drawing.ts";

/** The largest first, beside the largest of all. Rows with the same name count together. */
export function openBars(host: HTMLElement, drawing: Drawing & { kind: "bars" }): Drawn {
  const list = h("ol", { class: "bars" });
  const { label, value, top = 10 } = drawing;
  list.style.setProperty("--rows", String(top));
  host.append(list);
  return {
    update({ rows }: Data) {
      const sums = new Map<string, number>();
      for (const row of rows) {
        const name = String(row[label] ?? "") || "(unknown)";
        sums.set(name, (sums.get(name) ?? 0) + figure(row[value]));
      }
      const sorted = [...sums].sort(([, a], [, b]) => b - a);
      const largest = Math.max(1, sorted[0]?.[1] ?? 0);
      const items = sorted.slice(0, top).map(([name, sum]) => {
        const bar = h("span", { class: "bar", "aria-hidden": true });
        bar.style.width = `${(sum / largest) * 100}%`;
        return h(
          "li",
          {},
          h("span", { class: "name", title: name }, name),
          h("span", { class: "track" }, bar),
          h("b", {}, format(sum, drawing.format)),
        );
      });
      list.replaceChildren(...items);
    },
    close: () => undefined,
  };
}

/** Steps of a way: how many came so far, of all and of those of the step before. */
export function openFunnel(host: HTMLElement, { label, value }: Drawing & { kind: "funnel" }): Drawn {
  const list = h("ol", { class: "funnel" });
  host.append(list);
  return {
    update({ rows }: Data) {
      const first = figure(rows[0]?.[value]);
      const items = rows.map((row, index) => {
        const here = figure(row[value]);
        const before = index === 0 ? first : figure(rows[index - 1]?.[value]);
        const share = (of: number) => (of === 0 ? undefined : here / of);
        const bar = h("span", { class: "bar", "aria-hidden": true });
        bar.style.width = `${(share(first) ?? 0) * 100}%`;
        const told = index === 0 ? "" : `${format(share(before), "percent")} of the step before`;
        return h(
          "li",
          {},
          h("span", { class: "name" }, String(row[label])),
          h("b", {}, format(here)),
          h("span", { class: "track" }, bar),
          h("span", { class: "share" }, format(share(first), "percent")),
          h("span", { class: "told" }, told),
        );
      });
      list.replaceChildren(...items);
    },
    close: () => undefined,
  };
}
